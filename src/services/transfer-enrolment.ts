/**
 * An enrolment goes on at another clinic, or in another program with what is done counting there (contract.md §4). One transaction: what
 * cannot stay where it is waits to be replanned, what the new program does not know is cancelled, the old clinic reads the history.
 */
import { attempt, type Tx, transact } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import type { Clinic } from '../domain/clinic.ts'
import { type Enrolment, isUnderWay } from '../domain/enrolment.ts'
import type { ClinicId, EnrolmentId } from '../domain/ids.ts'
import type { Program } from '../domain/program.ts'
import { invalid, notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { type Instant, type LocalDate, startOfDay } from '../domain/time.ts'
import { transferOf } from '../domain/transfer.ts'
import * as appointments from '../repositories/appointments.ts'
import * as audit from '../repositories/audit.ts'
import * as clinics from '../repositories/clinics.ts'
import * as enrolments from '../repositories/enrolments.ts'
import * as events from '../repositories/events.ts'
import * as itineraries from '../repositories/itineraries.ts'
import * as patients from '../repositories/patients.ts'
import * as programs from '../repositories/programs.ts'
import * as stranded from '../repositories/stranded.ts'
import { cancelAhead, releaseHoldOf } from './cancel-ahead.ts'
import type { Deps } from './deps.ts'
import type { PlacedEnrolment } from './enrolments.ts'
import { type LockedEnrolment, lockEnrolment } from './lock-enrolment.ts'
import { flagIneligible } from './sweep-eligibility.ts'
import { tellAppointments } from './tell-appointments.ts'

export type TransferWish = {
  readonly clinicId: ClinicId | undefined
  readonly programKey: string | undefined
  /** At the new clinic: visits before that day stay where they are. */
  readonly effectiveFrom: LocalDate
}
type Target = { readonly home: Clinic; readonly program: Program; readonly allowedClinicIds: ClinicId[] }

/** Refuses `invalid-transition` when it has ended, `already-enrolled` when the patient is under way in the other program. */
export function transferEnrolment(
  { db, now }: Deps,
  caller: Caller,
  id: EnrolmentId,
  wish: TransferWish,
): Promise<Result<PlacedEnrolment, Refusal>> {
  return transact(db, async (tx) => {
    if (!(await enrolments.visibleById(tx, caller, id))) return err(notFound)
    const locked = await lockEnrolment(tx, id)
    const { enrolment } = locked
    if (isStale(caller, enrolment)) return err(stale)
    if (!isUnderWay(enrolment)) return err({ code: 'invalid-transition', from: enrolment.status, to: 'transferred' })
    const target = await targetOf(tx, locked, wish)
    if (!target.ok) return target
    return move(tx, caller, locked, target.value, wish.effectiveFrom, now())
  })
}

async function targetOf(
  tx: Tx,
  { enrolment, program: current }: LockedEnrolment,
  { clinicId, programKey }: TransferWish,
): Promise<Result<Target, Refusal>> {
  const places = await clinics.byIds(tx, [...new Set([clinicId ?? enrolment.clinicId, ...enrolment.allowedClinicIds])])
  const home = places.find((c) => c.id === (clinicId ?? enrolment.clinicId))
  const program = programKey === undefined ? current : await programs.latest(tx, programKey)
  if (!home || !program) return err(notFound)
  const moves = home.id !== enrolment.clinicId
  if (!moves && program.key === enrolment.program.key)
    return err(invalid(programKey === undefined ? 'clinicId' : 'programKey', 'is where the enrolment is already'))
  const staying = enrolment.allowedClinicIds.filter(
    (id) => id !== home.id && places.some((c) => c.id === id && c.region === home.region),
  )
  const allowed = moves ? staying.filter((id) => id !== enrolment.clinicId) : staying
  return ok({ home, program, allowedClinicIds: [home.id, ...allowed] })
}

async function move(
  tx: Tx,
  caller: Caller,
  { enrolment, patient, booked }: LockedEnrolment,
  { home, program, allowedClinicIds }: Target,
  effectiveFrom: LocalDate,
  at: Instant,
): Promise<Result<PlacedEnrolment, Refusal>> {
  const { id, patientId } = enrolment
  const from = startOfDay(effectiveFrom, home.timeZone)
  const { credited, dropped, flagged } = transferOf(booked, { program, allowedClinicIds, from })
  const before = { clinicId: enrolment.clinicId, program: enrolment.program }
  const after = { clinicId: home.id, program: { key: program.key, version: program.version } }
  const moves = home.id !== enrolment.clinicId
  const wish: Enrolment = {
    ...enrolment,
    ...after,
    allowedClinicIds,
    credited: [...new Set([...enrolment.credited, ...credited])],
    history: [...enrolment.history, { kind: 'transferred', at, effectiveFrom, from: before, to: after }],
    formerClinicIds: moves
      ? [...new Set([...enrolment.formerClinicIds, enrolment.clinicId])].filter((one) => one !== home.id)
      : enrolment.formerClinicIds,
  }
  const stored = await attempt(tx, (inner) => enrolments.update(inner, wish))
  if (!stored.ok) return err({ code: 'already-enrolled' })
  if (moves) await handOver(tx, patient, enrolment.clinicId, home.id)
  // proposals were made for the old program and clinics
  await releaseHoldOf(tx, id)
  await itineraries.releaseProposals(tx, id)
  await cancelAhead(tx, caller, id, dropped, { by: 'clinic', reason: null, reasonCode: 'transferred' }, at)
  await flag(tx, caller, flagged)
  await flagIneligible(tx, caller, at, { enrolmentId: id })
  await audit.record(tx, caller, [
    {
      ...{ action: 'transfer', resourceType: 'enrolment', resourceId: id, patientId },
      ...{ revision: stored.value.revision, fieldClasses: ['program'] },
    },
  ])
  const subject = { enrolmentId: id, patientId, fromClinicId: before.clinicId, clinicId: home.id, effectiveFrom }
  await events.append(tx, [
    {
      type: 'enrolment.transferred',
      enrolmentId: id,
      clinicId: home.id,
      subject: { ...subject, fromProgramKey: before.program.key, programKey: program.key },
    },
  ])
  return ok({ ...stored.value, timeZone: home.timeZone })
}

/** Who took the patient in sees the record; from now on that is the new clinic. */
async function handOver(tx: Tx, patient: LockedEnrolment['patient'], from: ClinicId, to: ClinicId): Promise<void> {
  const intakeClinicIds = [...new Set([...patient.intakeClinicIds.filter((id) => id !== from), to])]
  await patients.update(tx, { ...patient, intakeClinicIds })
}

async function flag(tx: Tx, caller: Caller, flagged: readonly Appointment[]): Promise<void> {
  const ids = flagged.map((a) => a.id)
  await stranded.flagAppointments(tx, ids)
  const changed = await appointments.byIds(tx, ids)
  await tellAppointments(
    tx,
    caller,
    changed.map((appointment) => ({ appointment, action: 'flag', event: 'appointment.needs-replanning' })),
  )
}
