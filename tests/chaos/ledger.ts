/**
 * What the clients were told, in the order they were told it, and what must follow from it: acknowledged is stored, one answer per wish,
 * nobody was given what somebody else was still given. Times are the clients' own clock: one process.
 */
import type { Sql } from 'postgres'
import type { Json } from '../support/api.ts'
import type { Breach } from './invariants.ts'

/** Somebody was told that this resource is theirs, from `from` on, at least until `until`. */
type Lease = {
  owner: string
  enrolment: string
  resource: string
  start: number
  end: number
  from: number
  until: number
}
/** A grant as it came: asked at `sent`, answered at `told`. */
type Grant = {
  owner: string
  enrolment: string
  sent: number
  told: number
  parts: { resource: string; start: number; end: number }[]
}

/** Whose wish it was, asked at `sent`, answered at `told`. */
export type Granting = { readonly enrolment: string; readonly sent: number; readonly told: number }
const EVERYBODY = '*'

export type Ledger = ReturnType<typeof newLedger>

export function newLedger() {
  const confirmed = new Map<string, { key: string; appointments: string[] }>()
  const cancelled = new Set<string>()
  const byResource = new Map<string, Lease[]>()
  const byEnrolment = new Map<string, Lease[]>()
  /** Per enrolment, until when something was asked that may take away what it has: for ever while it is being asked. */
  const ending = new Map<string, number>()
  const grants: Grant[] = []
  const breaches: Breach[] = []
  const statuses = new Map<string, number>()
  const took: number[] = []
  const breach = (rule: string, detail: string): void => void breaches.push({ rule, detail })

  /** What happened to whom, in the order in which the clients heard of it. */
  const notes: { at: number; enrolment: string; said: string }[] = []
  const note = (enrolment: string, said: string): void => void notes.push({ at: performance.now(), enrolment, said })
  const story = (...enrolments: string[]): string =>
    notes
      .filter((n) => n.enrolment === EVERYBODY || enrolments.includes(n.enrolment))
      .map(({ at, enrolment, said }) => `${ms(at)} ${enrolment}: ${said}`)
      .join('\n           ')
  const endLeases = (enrolment: string, at: number, owner?: string): void => {
    for (const lease of byEnrolment.get(enrolment) ?? [])
      if (owner === undefined || lease.owner === owner) lease.until = Math.min(lease.until, at)
  }
  const grant = (wish: Granting, owner: string, parts: Grant['parts'], until: number): void => {
    const { enrolment, sent, told } = wish
    grants.push({ owner, enrolment, sent, told, parts })
    note(enrolment, `${owner} granted: asked ${ms(sent)}, until ${ms(until)}`)
    if (sent <= Math.max(ending.get(enrolment) ?? -Infinity, ending.get(EVERYBODY) ?? -Infinity)) return
    for (const part of parts) {
      const lease = { ...part, owner, enrolment, from: told, until }
      append(byResource, part.resource, lease)
      append(byEnrolment, enrolment, lease)
    }
  }
  async function whileEnding<T>(enrolment: string, work: () => Promise<T>): Promise<T> {
    for (const one of enrolment === EVERYBODY ? byEnrolment.keys() : [enrolment]) endLeases(one, performance.now())
    inHand.set(enrolment, (inHand.get(enrolment) ?? 0) + 1)
    ending.set(enrolment, Infinity)
    note(enrolment, 'something is asked that may end what it has')
    try {
      return await work()
    } finally {
      note(enrolment, 'that is answered')
      const left = (inHand.get(enrolment) ?? 1) - 1
      inHand.set(enrolment, left)
      if (left === 0) ending.set(enrolment, performance.now())
    }
  }
  const inHand = new Map<string, number>()
  return {
    breaches,
    breach,
    /** Milliseconds of each booking attempt that was answered. */
    took,
    /** `confirm 201` → how often. */
    statuses,
    count: (what: string): void => void statuses.set(what, (statuses.get(what) ?? 0) + 1),
    confirmed: (wish: Granting, itinerary: string, key: string, appointments: Json[]): void => {
      const known = confirmed.get(itinerary)
      if (known && known.key !== key) breach('an itinerary is acknowledged as booked once', itinerary)
      if (known) return
      confirmed.set(itinerary, { key, appointments: appointments.map((a) => a.id) })
      // the hold became this, and what waited to be replanned has moved
      for (const owner of [itinerary, ...appointments.map((a) => a.id)]) endLeases(wish.enrolment, wish.sent, owner)
      for (const a of appointments) grant(wish, a.id, partsOf(a), Infinity)
    },
    held: (wish: Granting, itinerary: Json): void => {
      // the hold began before its answer came, so it ends no later than this
      const until = wish.told + (Date.parse(itinerary.expiresAt) - Date.now()) - CLOCK_SLACK
      grant(wish, itinerary.id, itinerary.visits.flatMap(partsOf), until)
    },
    /** Runs what may take from an enrolment what it has. */
    whileEnding,
    /** Runs what ends everybody's holds before their time. */
    expiring: (work: () => Promise<unknown>): Promise<unknown> => whileEnding(EVERYBODY, work),
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
              breach(
                'nobody is given what somebody else has',
                `${part.resource}: ${lease.owner}, ${grant.owner}\n           ${story(lease.enrolment, grant.enrolment)}`,
              )
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

const ms = (at: number): string => (at === Infinity ? 'it is cancelled' : `${Math.round(at)}`)

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
