/** Loads what decides where one visit can go while everything else stays, in the caller's transaction (planner/compose/openings.ts). */
import type { Tx } from '../db/client.ts'
import { type Appointment, endForLags, isFixedPoint } from '../domain/appointment.ts'
import type { Clinic } from '../domain/clinic.ts'
import { boundLead } from '../domain/continuity.ts'
import { ANY_THERAPIST } from '../domain/enrolment.ts'
import { type ClinicId, ClinicianId, RoomId } from '../domain/ids.ts'
import { datedOf, startBounds } from '../domain/lags.ts'
import type { Modality, VisitTemplate } from '../domain/program.ts'
import { dayOf, type Instant, startOfDay } from '../domain/time.ts'
import type { OverrideRule } from '../planner/compose/facts.ts'
import type { OpeningWish } from '../planner/compose/openings.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as clinics from '../repositories/clinics.ts'
import * as freeTime from '../repositories/free-time.ts'
import * as patientTime from '../repositories/patient-time.ts'
import * as regions from '../repositories/regions.ts'
import * as rooms from '../repositories/rooms.ts'
import { loadGateFacts, standingIn } from './judge-booking.ts'
import type { LockedEnrolment } from './lock-enrolment.ts'

export type OpeningQuery = {
  readonly visit: VisitTemplate
  readonly modality: Modality
  /** Where it may go; empty: anywhere that the enrolment allows. */
  readonly clinicIds: readonly ClinicId[]
  /** The appointment that is to move; its own claims are free. */
  readonly moving: Appointment | undefined
  /** What binds it by lags and continuity. */
  readonly binding: readonly Appointment[]
  /** Everything is known about starts in between, and for as long as a visit may last after. */
  readonly from: Instant
  readonly until: Instant
  readonly setAside: readonly string[]
  /** By `as`: clinicians or rooms that alone may take the part. */
  readonly named: Readonly<Record<string, readonly string[]>>
}

/** Where an enrolment's visits may go: its own clinic, and those in play. */
export type Places = { readonly home: Clinic; readonly clinics: readonly Clinic[] }

export async function loadPlaces(tx: Tx, { enrolment }: Pick<LockedEnrolment, 'enrolment'>): Promise<Places> {
  const found = await clinics.byIds(tx, [...new Set([enrolment.clinicId, ...enrolment.allowedClinicIds])])
  const home = found.find((c) => c.id === enrolment.clinicId)
  if (!home) throw new Error('an enrolment without its clinic')
  const allowed = found.filter((c) => enrolment.allowedClinicIds.includes(c.id))
  return { home, clinics: allowed.sort((a, b) => (a.id < b.id ? -1 : 1)) }
}

export async function loadOpening(
  tx: Tx,
  { enrolment, patient, program }: LockedEnrolment,
  places: Places,
  query: OpeningQuery,
): Promise<OpeningWish> {
  const { home } = places
  const { visit, moving, setAside, from, until } = query
  const clinicIds = query.clinicIds.length > 0 ? query.clinicIds : places.clinics.map((c) => c.id)
  const mine = { enrolmentId: enrolment.id, replanned: moving ? [moving.id] : [], ownHolds: 'taken' as const }
  // from the day's first minute: doses are counted by the day
  const since = startOfDay(dayOf(from, home.timeZone), home.timeZone)
  const named = Object.values(query.named).flat()
  const others = query.binding.filter((a) => a.id !== moving?.id)
  const [free, patientBusy, travel, gates] = await Promise.all([
    freeTime.load(tx, { ...mine, clinicIds, from: since, to: until }),
    patientTime.busy(tx, patient.id, { ...mine, from: since, to: until }),
    regions.travel(tx, home.region),
    loadGateFacts(
      tx,
      { patient, enrolment, setAside: [...setAside], standing: standingIn(program, others) },
      home.policy.clearanceDays,
    ),
  ])
  const [staff, known] = await Promise.all([
    clinicians.withLicences(
      tx,
      [...new Set([...free.clinicianIds, ...named])].map((id) => ClinicianId.parse(id)),
    ),
    rooms.byIds(
      tx,
      [...new Set([...free.roomIds, ...named])].map((id) => RoomId.parse(id)),
    ),
  ])
  const binding = query.binding.filter((a) => isFixedPoint(a.status) && a.id !== moving?.id)
  const dated = binding.map((a) => datedOf({ ...a, end: endForLags(a) }))
  const waived = { lag: setAside.includes('lag'), span: setAside.includes('span') }
  const lead = setAside.includes('continuity') ? undefined : boundLead(enrolment, program, visit, binding)
  const only = lead && !query.named[lead.as] ? { ...query.named, [lead.as]: lead.clinicianIds } : query.named
  return {
    visit: { ...visit, modality: [query.modality] },
    clinicIds,
    bounds: startBounds(program, visit, dated, home.timeZone, waived),
    only,
    keep: new Set(moving ? [moving.roomId ?? '', ...moving.participants.map((p) => p.clinicianId)] : []),
    gates,
    facts: {
      wish: {
        ready: from,
        until,
        knownUntil: until,
        virtual: 'avoid',
        setAside: setAside as OverrideRule[],
        continuity: 'none',
        therapistId: undefined,
      },
      program,
      toPlan: [visit.key],
      fixed: [],
      enrolment: setAside.includes('preference') ? { ...enrolment, therapist: ANY_THERAPIST } : enrolment,
      patient,
      home,
      clinics: places.clinics.filter((c) => clinicIds.includes(c.id)),
      travel,
      clinicians: staff.sort((a, b) => (a.id < b.id ? -1 : 1)),
      rooms: known.sort((a, b) => (a.id < b.id ? -1 : 1)),
      calendars: free.calendars,
      patientBusy,
      clearedUntil: null,
    },
  }
}
