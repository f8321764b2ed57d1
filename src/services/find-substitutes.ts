/** Who could take one part of an appointment at its time, everything else as it is, and what that does to continuity (contract.md §5). One snapshot. */
import { type Tx, transact } from '../db/client.ts'
import { type Appointment, isFixedPoint } from '../domain/appointment.ts'
import type { Caller } from '../domain/caller.ts'
import { type Clinician, type Licence, licensedOn } from '../domain/clinician.ts'
import { HANDOVER_POINTS, handovers, leadPartOf } from '../domain/continuity.ts'
import type { AppointmentId } from '../domain/ids.ts'
import { residenceOn } from '../domain/patient.ts'
import { type Program, type VisitTemplate, visitOf } from '../domain/program.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { addDays, addMinutes, dayOf, type Instant, startOfDay } from '../domain/time.ts'
import { type OpeningWish, openings } from '../planner/compose/openings.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as enrolments from '../repositories/enrolments.ts'
import type { Deps } from './deps.ts'
import { loadOpening, loadPlaces, type Places } from './load-opening.ts'
import { type LockedEnrolment, readEnrolment } from './lock-enrolment.ts'

export type Substitute = {
  readonly clinician: Clinician
  /** Covers the visit's date where the patient is; null: the part needs none. */
  readonly licence: Licence | null
  readonly speaksPatientsLanguage: boolean
  /** Points for the changes of therapist that it would add; negative where it heals one. */
  readonly continuityCost: number
}

export function findSubstitutes(
  { db }: Deps,
  caller: Caller,
  id: AppointmentId,
  as: string,
): Promise<Result<Substitute[], Refusal>> {
  return transact(
    db,
    async (tx) => {
      const appointment = await appointments.visibleById(tx, caller, id)
      const enrolment = appointment && (await enrolments.byId(tx, appointment.enrolmentId))
      if (!appointment || !enrolment) return err(notFound)
      const known = await readEnrolment(tx, enrolment)
      const visit = visitOf(known.program, appointment.visitKey)
      const claims = visit?.claims.filter((c) => c.as === as && c.role !== undefined) ?? []
      if (!visit || claims.length === 0) return err(invalid('as', 'is not a part that a clinician takes in this visit'))
      const found = await search(tx, known, appointment, { ...visit, claims })
      await audit.record(tx, caller, [
        {
          action: 'search',
          resourceType: 'appointment',
          resourceId: id,
          patientId: appointment.patientId,
          fieldClasses: ['schedule'],
        },
      ])
      return ok(found)
    },
    { isolation: 'repeatable read' },
  )
}

/** `part`: the visit with the claims of that one part. */
async function search(
  tx: Tx,
  known: LockedEnrolment,
  appointment: Appointment,
  part: VisitTemplate,
): Promise<Substitute[]> {
  const { start, timeZone, clinicId, participants } = appointment
  const places = await loadPlaces(tx, known)
  if (!places.clinics.some((c) => c.id === clinicId)) return []
  const opening = await loadOpening(tx, known, places, {
    visit: part,
    modality: appointment.modality,
    clinicIds: [clinicId],
    moving: appointment,
    binding: [],
    from: start,
    until: startOfDay(addDays(dayOf(start, timeZone), 3), timeZone),
    setAside: ['continuity'],
    named: {},
  })
  const present = new Set(participants.map((p) => p.clinicianId))
  const role = part.claims[0]?.role
  return opening.facts.clinicians
    .filter((c) => role && c.roles.includes(role) && !present.has(c.id))
    .filter((c) => isFree(opening, part, c, start))
    .map((c) => described(known, places, appointment, part, c))
    .sort((a, b) => a.continuityCost - b.continuityCost || (a.clinician.id < b.clinician.id ? -1 : 1))
}

/** The patient's own time does not matter: the visit is theirs already. */
function isFree(opening: OpeningWish, part: VisitTemplate, clinician: Clinician, start: Instant): boolean {
  const { facts } = opening
  const enrolment = { ...facts.enrolment, unavailable: [], weeklyUnavailable: [] }
  const alone: OpeningWish = {
    ...opening,
    visit: { ...part, modality: opening.visit.modality, requires: [] },
    only: { [part.claims[0]?.as ?? '']: [clinician.id] },
    keep: new Set(),
    facts: { ...facts, enrolment, patientBusy: [] },
  }
  return openings(alone, start, addMinutes(start, 1), 1).length > 0
}

function described(
  { program, patient, booked }: LockedEnrolment,
  places: Places,
  appointment: Appointment,
  part: VisitTemplate,
  clinician: Clinician,
): Substitute {
  const day = dayOf(appointment.start, appointment.timeZone)
  const clinic = places.clinics.find((c) => c.id === appointment.clinicId)
  const province = appointment.modality === 'in-person' ? (clinic?.province ?? '') : residenceOn(patient, day)
  const now = handovers(leadsOf(program, booked, appointment, undefined))
  const then = handovers(leadsOf(program, booked, appointment, clinician.id))
  return {
    clinician,
    licence: clinician.licences.find((l) => licensedOn([l], province, day)) ?? null,
    speaksPatientsLanguage: clinician.languages.some((language) => patient.careLanguages.includes(language)),
    continuityCost: leadPartOf(part) === part.claims[0]?.as ? (then - now) * HANDOVER_POINTS : 0,
  }
}

/** Who leads the visits booked or done, in time order; `instead` leads this one. */
const leadsOf = (
  program: Program,
  booked: readonly Appointment[],
  appointment: Appointment,
  instead: string | undefined,
): string[] =>
  booked
    .filter((a) => isFixedPoint(a.status) || a.id === appointment.id)
    .flatMap((a) => {
      const visit = visitOf(program, a.visitKey)
      const as = visit && leadPartOf(visit)
      const lead = a.participants.find((p) => p.as === as)?.clinicianId
      return lead ? [a.id === appointment.id && instead ? instead : lead] : []
    })
