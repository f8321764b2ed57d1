/**
 * The planner's two rulers: the grid of legal starts (a slot is `grid` minutes) and the local calendar days. Pure.
 * A set of starts is a bitmap over slots, so free time of people, rooms and patient is intersected 32 starts at a time.
 */
import type { ProblemDay } from './problem.ts'

export type Bits = Uint32Array

export type Clock = {
  readonly grid: number
  /** Slots in the horizon; slot k starts at minute k × grid. */
  readonly slots: number
  readonly words: number
  /** First minute of each local day. */
  readonly dayStart: Int32Array
  readonly dates: readonly string[]
  readonly dayOfSlot: Int16Array
}

export function clockOf(days: readonly ProblemDay[], grid: number, horizon: number): Clock {
  const slots = Math.max(0, Math.ceil(horizon / grid))
  const dayStart = Int32Array.from(days, (d) => d.start)
  const dayOfSlot = new Int16Array(slots)
  for (let slot = 0, day = 0; slot < slots; slot++) {
    while (day + 1 < dayStart.length && (dayStart[day + 1] as number) <= slot * grid) day++
    dayOfSlot[slot] = day
  }
  return { grid, slots, words: (slots + 31) >>> 5, dayStart, dates: days.map((d) => d.date), dayOfSlot }
}

/** The local day of a minute; the first day takes what lies before it, the last what lies after. */
export function dayOf(clock: Clock, minute: number): number {
  let low = 0
  let high = clock.dayStart.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((clock.dayStart[middle] as number) <= minute) low = middle
    else high = middle - 1
  }
  return low
}

/** The first minute whose local day is `day`; infinite outside the calendar, to match `dayOf`. */
export function startOfDay(clock: Clock, day: number): number {
  if (day <= 0) return -Infinity
  return day < clock.dayStart.length ? (clock.dayStart[day] as number) : Infinity
}

/** Adds the slots first..last, both inclusive; what lies outside the horizon is left out. */
export function fill(bits: Bits, clock: Clock, first: number, last: number): void {
  paint(bits, Math.max(0, first), Math.min(clock.slots - 1, last), true)
}

/** Removes the slots first..last, both inclusive. */
export function clear(bits: Bits, clock: Clock, first: number, last: number): void {
  paint(bits, Math.max(0, first), Math.min(clock.slots - 1, last), false)
}

function paint(bits: Bits, first: number, last: number, on: boolean): void {
  if (first > last) return
  const left = first >>> 5
  const right = last >>> 5
  for (let w = left; w <= right; w++) {
    let mask = 0xffffffff
    if (w === left) mask &= 0xffffffff << (first & 31)
    if (w === right) mask &= 0xffffffff >>> (31 - (last & 31))
    bits[w] = on ? (bits[w] as number) | mask : (bits[w] as number) & ~mask
  }
}

export const has = (bits: Bits, slot: number): boolean => (((bits[slot >>> 5] as number) >>> (slot & 31)) & 1) === 1

export function orInto(target: Bits, source: Bits): void {
  for (let w = 0; w < target.length; w++) target[w] = (target[w] as number) | (source[w] as number)
}

export function andInto(target: Bits, source: Bits): void {
  for (let w = 0; w < target.length; w++) target[w] = (target[w] as number) & (source[w] as number)
}

export const lowestBit = (word: number): number => 31 - Math.clz32(word & -word)
export const highestBit = (word: number): number => 31 - Math.clz32(word)
