/** What a roster shows, in SQL: visits of one clinician, clinic or room in a window, with patient, room, program words and people. */
import { type AnyColumn, and, eq, gt, inArray, lt, ne, type SQL, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Tx } from '../db/client.ts'
import { boundedRangeFromText, rangeText } from '../db/range.ts'
import { appointment, clinician, enrolment, participant, patient, program, room } from '../db/schema.ts'
import type { Caller } from '../domain/caller.ts'
import type { AppointmentId, ClinicId, ClinicianId, PatientId, RoomId } from '../domain/ids.ts'
import type { Interval } from '../domain/interval.ts'
import { type Step, VisitTemplate } from '../domain/program.ts'
import type { RosterPart, RosterSubject, RosterVisit } from '../domain/roster.ts'
import { DAY, type Instant } from '../domain/time.ts'
import { LOOK_AHEAD } from '../domain/worklist.ts'
import { countingScreening, visitDay } from './ineligible.ts'
import { remembered } from './remembered.ts'
import { appointmentVisible } from './scope.ts'

type Span = Interval<Instant>

/** No visit lasts longer (program.ts: at most 12 h and a day's claims), so that older ones need no look. */
const LONGEST = 2 * DAY

/** The visit as its program describes it; null when the template no longer does. */
const templateVisit = sql<string | null>`(
  select v::text from jsonb_array_elements(${program.body} -> 'visits') v where v ->> 'key' = ${appointment.visitKey} limit 1)`
const Described = VisitTemplate.pick({ title: true, requires: true }).strip().nullable()
const described = remembered((text) => Described.parse(JSON.parse(text)), 512)

const firstOfPatient = sql<boolean>`not exists (
  select 1 from appointment earlier
  where earlier.patient_id = ${appointment.patientId} and earlier.starts_at < ${appointment.start}
    and earlier.status not in ('cancelled', 'no-show', 'not-dosed'))`

/** The first therapist's part: the one that continuity binds. */
const therapistOf = (appointmentId: SQL | AnyColumn): SQL => sql`(
  select t.clinician_id from participant t where t.appointment_id = ${appointmentId} and t.role = 'therapist' order by t.ordinal limit 1)`

/** Another therapist than at the visit before. */
const handover = sql<boolean>`coalesce(${therapistOf(appointment.id)} <> (
  select ${therapistOf(sql`before.id`)} from appointment before
  where before.enrolment_id = ${appointment.enrolmentId} and before.starts_at < ${appointment.start}
    and before.status not in ('cancelled', 'no-show', 'not-dosed')
    and exists (select 1 from participant t where t.appointment_id = before.id and t.role = 'therapist')
  order by before.starts_at desc limit 1), false)`

/** The clearance ends soon after the visit, or before it, and a dose is still to come then. */
const clearanceExpires = sql<boolean>`(${appointment.status} in ('booked', 'needs-replanning')
  and exists (select 1 from appointment dose where dose.enrolment_id = ${appointment.enrolmentId} and dose.step = 'experience'
    and dose.starts_at >= ${appointment.start} and dose.status in ('booked', 'needs-replanning'))
  and exists (select 1 from clinic home, clinic place,
    lateral ${countingScreening(sql`${appointment.patientId}`, sql`place.province`, sql`home.policy`)} s
    where home.id = ${enrolment.clinicId} and place.id = ${appointment.clinicId}
      and s.outcome = 'cleared' and s.until < ${visitDay(sql`appointment`)} + ${LOOK_AHEAD.clearance}::int))`

function inWindow(subject: RosterSubject, { start, end }: Span): SQL | undefined {
  const [from, to] = [new Date(start - LONGEST).toISOString(), new Date(end).toISOString()]
  if (subject.kind === 'clinician')
    return sql`${appointment.id} in (
      select p.appointment_id from participant p
      where p.clinician_id = ${subject.id} and p.starts_at < ${to} and p.starts_at > ${from}
        and p.ends_at > ${new Date(start).toISOString()})`
  const place = subject.kind === 'room' ? eq(appointment.roomId, subject.id) : eq(appointment.clinicId, subject.id)
  return and(
    place,
    lt(appointment.start, end),
    gt(appointment.start, (start - LONGEST) as Instant),
    gt(appointment.end, start),
  )
}

/** Every visit that touches the window, except cancelled ones and those outside the caller's scope. In no order. */
export async function visits(tx: Tx, caller: Caller, subject: RosterSubject, window: Span): Promise<RosterVisit[]> {
  const rows = await tx
    .select({
      appointment: {
        id: appointment.id,
        start: appointment.start,
        end: appointment.end,
        visitKey: appointment.visitKey,
        step: appointment.step,
        status: appointment.status,
        modality: appointment.modality,
        clinicId: appointment.clinicId,
        flags: appointment.flags,
        escortNamed: sql<boolean>`${appointment.escort} is not null`,
      },
      patient: {
        id: patient.id,
        givenName: patient.givenName,
        familyName: patient.familyName,
        language: patient.preferredLanguage,
      },
      room: { id: room.id, name: room.name },
      template: templateVisit,
      first: firstOfPatient,
      handover,
      clearanceExpires,
    })
    .from(appointment)
    .innerJoin(patient, eq(patient.id, appointment.patientId))
    .innerJoin(enrolment, eq(enrolment.id, appointment.enrolmentId))
    .leftJoin(program, and(eq(program.key, enrolment.programKey), eq(program.version, enrolment.programVersion)))
    .leftJoin(room, eq(room.id, appointment.roomId))
    .where(and(inWindow(subject, window), ne(appointment.status, 'cancelled'), appointmentVisible(caller)))
  const parts = await partsOf(
    tx,
    rows.map((row) => row.appointment.id),
  )
  return rows.map(({ appointment: a, patient: p, room: r, template, first, ...now }) => {
    const words = template === null ? null : described(template)
    return {
      appointmentId: a.id as AppointmentId,
      group: null,
      start: a.start,
      end: a.end,
      visitKey: a.visitKey,
      step: a.step as Step,
      status: a.status,
      modality: a.modality,
      clinicId: a.clinicId as ClinicId,
      title: words?.title ?? { en: a.visitKey, fr: a.visitKey },
      patient: { ...p, id: p.id as PatientId },
      room: r && { id: r.id as RoomId, name: r.name },
      flags: [
        ...a.flags,
        ...(now.handover ? ['handover'] : []),
        ...(now.clearanceExpires ? ['clearance-expires'] : []),
      ],
      first,
      needsEscort: words?.requires.includes('escort') ?? false,
      escortNamed: a.escortNamed,
      parts: parts.get(a.id) ?? [],
    }
  })
}

async function partsOf(tx: Tx, ids: readonly string[]): Promise<Map<string, RosterPart[]>> {
  const parts = new Map<string, RosterPart[]>(ids.map((id) => [id, []]))
  if (ids.length === 0) return parts
  const rows = await tx
    .select({
      appointmentId: participant.appointmentId,
      role: participant.role,
      clinicianId: participant.clinicianId,
      displayName: clinician.displayName,
      shared: participant.shared,
      start: participant.start,
      end: participant.end,
    })
    .from(participant)
    .innerJoin(clinician, eq(clinician.id, participant.clinicianId))
    .where(inArray(participant.appointmentId, [...ids]))
    .orderBy(participant.appointmentId, participant.ordinal)
  for (const { appointmentId, ...part } of rows) parts.get(appointmentId)?.push(part as RosterPart)
  return parts
}

/** A room's time that appointments have claimed, turnover included; no holds. */
export async function claimedTime(tx: Tx, roomId: RoomId, window: Span): Promise<Span[]> {
  const rows = await tx.execute<{ during: string }>(sql`
    select during::text as during from claim
    where resource_id = ${roomId} and appointment_id is not null and during && ${rangeText(window)}::tstzrange`)
  return rows.map(({ during }) => boundedRangeFromText(during))
}

/** Whether the clinician has ever had a shift, or a rule for one, at one of the clinics. */
export async function worksAt(tx: Tx, id: ClinicianId, clinicIds: readonly ClinicId[]): Promise<boolean> {
  const among = sql`clinic_id = any(${sql.param([...clinicIds])}::uuid[])`
  const [row] = await tx.execute<{ works: boolean }>(sql`select
    exists (select 1 from availability_rule where resource_id = ${id} and ${among})
    or exists (select 1 from extra_shift where resource_id = ${id} and ${among})
    or exists (select 1 from availability where resource_id = ${id} and ${among}) as works`)
  return row?.works ?? false
}

/** The clinic of the clinician's shift at `at`, else of the next, the last, or the latest appointment; undefined for somebody without any. */
export async function clinicNear(tx: Tx, id: ClinicianId, at: Instant): Promise<ClinicId | undefined> {
  const then = sql`${new Date(at).toISOString()}::timestamptz`
  const [row] = await tx.execute<{ clinic_id: string }>(sql`
    (select clinic_id, upper(during) > ${then} as ahead, abs(extract(epoch from lower(during) - ${then})) as far, 0 as kind
      from availability where resource_id = ${id})
    union all
    (select a.clinic_id, false, abs(extract(epoch from a.starts_at - ${then})), 1
      from participant p join appointment a on a.id = p.appointment_id where p.clinician_id = ${id})
    order by kind, ahead desc, far limit 1`)
  return row && z.guid().brand<'ClinicId'>().parse(row.clinic_id)
}
