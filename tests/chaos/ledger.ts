/**
 * What the clients were told, in the order they were told it, and what must follow from it: acknowledged is stored, one answer per wish,
 * nobody was given what somebody else was still given. Times are the clients' own clock: one process.
 */
import type { Sql } from 'postgres'
import type { Json } from '../support/api.ts'
import type { Breach } from './invariants.ts'

/** Somebody was told that this resource is theirs, from `from` on, at least until `until`. */
type Lease = { owner: string; resource: string; start: number; end: number; from: number; until: number }
/** A grant as it came: asked at `sent`, answered at `told`. */
type Grant = { owner: string; sent: number; told: number; parts: { resource: string; start: number; end: number }[] }

export type Ledger = ReturnType<typeof newLedger>

export function newLedger() {
  const confirmed = new Map<string, { key: string; appointments: string[] }>()
  const cancelled = new Set<string>()
  const byResource = new Map<string, Lease[]>()
  const byOwner = new Map<string, Lease[]>()
  const grants: Grant[] = []
  const breaches: Breach[] = []
  const statuses = new Map<string, number>()
  const took: number[] = []
  const breach = (rule: string, detail: string): void => void breaches.push({ rule, detail })

  /** Until when holds were being expired from outside. */
  let expired = -Infinity
  const holds = new Set<string>()
  const endLease = (owner: string, at: number): void => {
    for (const lease of byOwner.get(owner) ?? []) lease.until = Math.min(lease.until, at)
  }
  const grant = (owner: string, sent: number, told: number, parts: Grant['parts'], until: number): void => {
    grants.push({ owner, sent, told, parts })
    for (const part of parts) {
      const lease = { ...part, owner, from: told, until }
      append(byResource, part.resource, lease)
      append(byOwner, owner, lease)
    }
  }
  return {
    breaches,
    breach,
    /** Milliseconds of each booking attempt that was answered. */
    took,
    /** `confirm 201` → how often. */
    statuses,
    count: (what: string): void => void statuses.set(what, (statuses.get(what) ?? 0) + 1),
    confirmed: (itinerary: string, key: string, sent: number, told: number, appointments: Json[]): void => {
      const known = confirmed.get(itinerary)
      if (known && known.key !== key) breach('an itinerary is acknowledged as booked once', itinerary)
      if (known) return
      confirmed.set(itinerary, { key, appointments: appointments.map((a) => a.id) })
      endLease(itinerary, sent)
      for (const a of appointments) {
        endLease(a.id, sent)
        grant(a.id, sent, told, partsOf(a), Infinity)
      }
    },
    held: (itinerary: Json, sent: number, told: number): void => {
      // the hold began before its answer came, so it ends no later than this
      const until = told + (Date.parse(itinerary.expiresAt) - Date.now()) - CLOCK_SLACK
      const parts = itinerary.visits.flatMap(partsOf)
      grant(itinerary.id, sent, told, parts, sent <= expired ? -Infinity : until)
      holds.add(itinerary.id)
    },
    /** From the moment that anything was asked which may take it away. */
    mayEnd: endLease,
    /** Runs what ends holds before their time. */
    expiring: async (work: () => Promise<unknown>): Promise<void> => {
      expired = Infinity
      for (const id of holds) endLease(id, performance.now())
      await work()
      expired = performance.now()
    },
    cancelled: (appointment: string): void => void cancelled.add(appointment),
    confirmations: () => confirmed.size,
    isConfirmed: (itinerary: string): boolean => confirmed.has(itinerary),
    /** Two grants of one resource's time while the other was in force: seen by the clients alone. */
    doubleGrants: (): void => {
      for (const grant of grants)
        for (const part of grant.parts)
          for (const lease of byResource.get(part.resource) ?? [])
            if (
              lease.owner !== grant.owner &&
              lease.start < part.end &&
              part.start < lease.end &&
              lease.from < grant.sent &&
              grant.told < lease.until
            )
              breach('nobody is given what somebody else has', `${part.resource}: ${lease.owner}, ${grant.owner}`)
    },
    /** Everything acknowledged is stored, and is what it was acknowledged as. */
    settled: async (sql: Sql): Promise<void> => {
      const booked = await sql<{ id: string }[]>`select id from itinerary where status = 'booked'`
      const bookedIds = new Set(booked.map(({ id }) => id))
      const stored = await sql<{ id: string; status: string }[]>`select id, status from appointment`
      const statusOf = new Map(stored.map(({ id, status }) => [id, status]))
      for (const [itinerary, { appointments }] of confirmed) {
        if (!bookedIds.has(itinerary)) breach('what was acknowledged is stored', `itinerary ${itinerary}`)
        for (const id of appointments)
          if (!statusOf.has(id)) breach('what was acknowledged is stored', `appointment ${id}`)
      }
      for (const id of cancelled)
        if (statusOf.get(id) !== 'cancelled') breach('a cancellation is final', `${id} ${statusOf.get(id)}`)
    },
  }
}

function append(lists: Map<string, Lease[]>, name: string, lease: Lease): void {
  const list = lists.get(name)
  if (list) list.push(lease)
  else lists.set(name, [lease])
}

/** Milliseconds by which our clock and the database's may differ while one of them is starved. */
const CLOCK_SLACK = 250

/** Whole resources only: a prescriber supervises several doses at once. */
function partsOf(visit: Json): { resource: string; start: number; end: number }[] {
  const [start, end] = [Date.parse(visit.start), Date.parse(visit.end)]
  const people = visit.participants
    .filter((p: Json) => p.as !== 'prescriber')
    .map((p: Json) => ({ resource: p.clinicianId, start: Date.parse(p.start), end: Date.parse(p.end) }))
  return visit.roomId === null ? people : [...people, { resource: visit.roomId, start, end }]
}
