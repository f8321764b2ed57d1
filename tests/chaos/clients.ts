/** Clients that propose, hold, release, confirm and cancel, each one thing at a time, and write down what they were told. Seeded. */
import { setTimeout as pause } from 'node:timers/promises'
import { v7 } from 'uuid'
import type { Json } from '../support/api.ts'
import { type Seeded, seeded } from '../support/seeded.ts'
import { TREATMENT } from '../support/staffed-clinic.ts'
import type { Ledger } from './ledger.ts'
import { ask, type Reply } from './wire.ts'
import { dayFromToday, type Member } from './world.ts'

export type StormOptions = {
  readonly seed: number
  readonly token: string
  /** Each client goes to one of them after the other. */
  readonly bases: readonly string[]
  readonly members: readonly Member[]
  readonly clients: number
  /** Holds and confirmations asked for, over all clients; whichever of the two bounds comes first ends it. */
  readonly attempts: number
  /** Milliseconds. */
  readonly limit: number
  /** Something is being broken on purpose: 503 and no answer are allowed then, 500 never. */
  readonly faulty: boolean
  /** Share of the wishes that are for the same days. */
  readonly hot?: number
}
export type Storm = {
  readonly done: Promise<{ attempts: number; seconds: number }>
  readonly stop: () => void
}

/** What the clients know of a member together: two of them may want the same person's visits. */
type Known = Member & { proposals: Json[]; held: Json | undefined; booked: Json[] }
type Kind = 'propose' | 'read' | 'hold' | 'release' | 'confirm' | 'cancel'

const PROPOSALS = 4
/** Days in which a proposal has to find its place. */
const REACH = 56
const [HOT_DAY, DAYS_AHEAD] = [35, 170]
const ANSWERED_BY = 20_000
const MEANT: Record<Kind, readonly string[]> = {
  propose: ['200', '503 unavailable'],
  read: ['200', '503 unavailable'],
  hold: ['201', '503 unavailable', ...among('resource-taken enrolment-held already-booked hold-limit hold-expired')],
  release: ['204', '503 unavailable', '409 not-held'],
  confirm: [
    '201',
    '503 unavailable',
    ...among('resource-taken hold-expired already-booked not-held enrolment-held'),
    '422 lag-violated',
  ],
  cancel: ['200', '503 unavailable', '409 invalid-transition'],
}
const METHOD: Record<Kind, string> = {
  ...{ propose: 'POST', hold: 'POST', confirm: 'POST', cancel: 'POST' },
  ...{ release: 'DELETE', read: 'GET' },
}
function among(codes: string): string[] {
  return codes.split(' ').flatMap((code) => [`409 ${code}`, `429 ${code}`, `422 ${code}`])
}

export function storm(ledger: Ledger, options: StormOptions): Storm {
  const known: Known[] = options.members.map((m) => ({ ...m, proposals: [], held: undefined, booked: [] }))
  const began = performance.now()
  const run = { attempts: 0, stopped: false }
  const over = (): boolean =>
    run.stopped || run.attempts >= options.attempts || performance.now() - began > options.limit
  const clients = Array.from({ length: options.clients }, async (_, n) => {
    const chance = seeded(options.seed * 1_000 + n)
    const own = known.filter((_, i) => i % options.clients === n)
    while (!over()) await step(chance.pick(own.length > 0 && chance.chance(0.9) ? own : known), chance)
  })
  const done = Promise.all(clients).then(() => ({
    attempts: run.attempts,
    seconds: (performance.now() - began) / 1_000,
  }))
  const stop = (): void => {
    run.stopped = true
  }
  return { done, stop }

  async function step(of: Known, chance: Seeded): Promise<void> {
    if (of.proposals.length === 0 && of.booked.length > 0 && chance.chance(0.5))
      await cancel(of, chance.pick(of.booked), chance)
    else if (of.proposals.length === 0) await propose(of, chance)
    else if (of.held && chance.chance(0.35)) await release(of, of.held, chance)
    else if (of.booked.length > 0 && chance.chance(0.04)) await cancel(of, chance.pick(of.booked), chance)
    else if (chance.chance(0.55)) await hold(of, chance.pick(of.proposals), chance)
    else await confirm(of, of.held ?? chance.pick(of.proposals), chance)
  }

  async function propose(of: Known, chance: Seeded): Promise<void> {
    const day = chance.chance(options.hot ?? 0.3) ? HOT_DAY : chance.int(HOT_DAY + 1, DAYS_AHEAD)
    const body = {
      notBefore: `${dayFromToday(day)}T08:00:00Z`,
      notAfter: `${dayFromToday(day + REACH)}T08:00:00Z`,
      steps: TREATMENT,
      limit: PROPOSALS,
    }
    const { reply } = await answered('propose', `/v1/enrolments/${of.id}/itineraries`, body, chance)
    of.proposals = reply.json?.itineraries ?? []
    // everything is booked, by an earlier storm perhaps
    if (of.proposals.length === 0) of.booked = await bookedOf(of, chance)
  }

  async function bookedOf({ id }: Known, chance: Seeded): Promise<Json[]> {
    const { reply } = await answered('read', `/v1/appointments?enrolmentId=${id}&limit=200`, undefined, chance)
    return (reply.json?.items ?? []).filter((a: Json) => a.status === 'booked' || a.status === 'needs-replanning')
  }

  async function hold(of: Known, itinerary: Json, chance: Seeded): Promise<void> {
    run.attempts++
    const ttlSeconds = chance.pick([1, 3, 60, 600])
    const { reply, sent, told } = await answered('hold', `/v1/itineraries/${itinerary.id}/hold`, { ttlSeconds }, chance)
    if (reply.status === 201) {
      of.held = itinerary
      ledger.held({ enrolment: of.id, sent, told }, reply.json)
      if (ledger.isConfirmed(itinerary.id)) ledger.breach('what is booked is not held', itinerary.id)
    } else if (chance.chance(0.08)) drop(of, itinerary)
  }

  async function release(of: Known, itinerary: Json, chance: Seeded): Promise<void> {
    const path = `/v1/itineraries/${itinerary.id}/hold`
    await ledger.whileEnding(of.id, () => answered('release', path, undefined, chance))
    of.held = undefined
  }

  async function confirm(of: Known, itinerary: Json, chance: Seeded): Promise<void> {
    run.attempts++
    const { reply, sent, told, key } = await answered('confirm', `/v1/itineraries/${itinerary.id}/confirm`, {}, chance)
    of.held = undefined
    if (reply.status === 201) {
      ledger.confirmed({ enrolment: of.id, sent, told }, itinerary.id, key, reply.json.appointments)
      of.booked = [...of.booked, ...reply.json.appointments]
    } else if (chance.chance(0.08)) drop(of, itinerary)
  }

  async function cancel(of: Known, appointment: Json, chance: Seeded): Promise<void> {
    const path = `/v1/appointments/${appointment.id}/cancel`
    const body = { by: 'patient', reason: 'a cold' }
    const { reply } = await ledger.whileEnding(of.id, () => answered('cancel', path, body, chance))
    if (reply.status === 200) ledger.cancelled(appointment.id)
    of.booked = of.booked.filter((a) => a !== appointment)
    // what was proposed before does not know of it
    of.proposals = []
  }

  /** Asks until it is answered, under one key: an answer that was lost, 503 and «in progress» are asked for again. */
  async function answered(kind: Kind, path: string, body: unknown, chance: Seeded) {
    const key = v7()
    const sent = performance.now()
    for (let tries = 0; ; tries++) {
      const base = options.bases[chance.int(0, options.bases.length - 1)] ?? ''
      const keyed = { token: options.token, key: METHOD[kind] === 'POST' ? key : undefined }
      const reply = await ask(base, METHOD[kind], path, body, keyed)
      const told = performance.now()
      note(kind, reply)
      const again = reply.status === 0 || reply.status === 503 || reply.json?.code === 'idempotency-in-progress'
      if (!again) return { reply, sent, told, key }
      if (told - sent > ANSWERED_BY && over()) return { reply, sent, told, key }
      if (told - sent > 3 * ANSWERED_BY) {
        ledger.breach('every wish is answered in the end', `${kind}: ${reply.status}`)
        return { reply, sent, told, key }
      }
      await pause(Math.min(500, 20 * 2 ** tries))
    }
  }

  function note(kind: Kind, reply: Reply): void {
    const code = reply.json?.code
    const said = `${reply.status}${code ? ` ${code}` : ''}`
    ledger.count(`${kind} ${said}`)
    if (reply.status > 0 && (kind === 'hold' || kind === 'confirm')) ledger.took.push(reply.took)
    const meant = MEANT[kind].includes(said) || code === 'idempotency-in-progress'
    const excused = options.faulty && reply.status === 0
    const calm = !options.faulty && reply.status >= 500
    if ((!meant && !excused) || calm)
      ledger.breach(
        'every answer is one that was meant',
        `${kind}: ${said} ${JSON.stringify(reply.json)?.slice(0, 300)}`,
      )
    if (reply.status === 503 && !reply.headers['retry-after']) ledger.breach('503 says when to come back', kind)
  }
}

const drop = (of: Known, itinerary: Json): void => {
  of.proposals = of.proposals.filter((p) => p !== itinerary)
}
