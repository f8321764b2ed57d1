/** Takes a patient's answer to an invite: it changes what the invite says of them and tells the clinic. A decline is a flag, never a cancellation. */
import { transact } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import type { CalendarReply } from '../domain/calendar-reply.ts'
import { type Caller, isStale } from '../domain/caller.ts'
import type { AppointmentId } from '../domain/ids.ts'
import { invalid, notFound, type Refusal, stale } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as appointments from '../repositories/appointments.ts'
import * as patientResponses from '../repositories/patient-responses.ts'
import type { Deps } from './deps.ts'
import { tellAppointments } from './tell-appointments.ts'

/** Refuses `stale` for an answer to an earlier time, `invalid-transition` for a visit that is no longer ahead. The same answer again changes nothing. */
export function recordReply(
  { db, now }: Deps,
  caller: Caller,
  id: AppointmentId,
  reply: CalendarReply,
): Promise<Result<Appointment, Refusal>> {
  return transact(db, async (tx) => {
    const before = await appointments.lockVisible(tx, caller, id)
    if (!before) return err(notFound)
    if (reply.uid !== before.uid) return err(invalid('UID', 'is another appointment’s'))
    if (isStale(caller, before) || reply.sequence < before.sequence) return err(stale)
    if (reply.sequence > before.sequence) return err(invalid('SEQUENCE', 'is of no invite that was sent'))
    if (before.status !== 'booked' && before.status !== 'needs-replanning')
      return err({ code: 'invalid-transition', from: before.status, to: before.status })
    if (before.patientResponse === reply.response) return ok(before)
    await patientResponses.set(tx, id, reply.response, now())
    const after = await appointments.visibleById(tx, caller, id)
    if (!after) return err(notFound)
    await tellAppointments(tx, caller, [{ appointment: after, action: 'reply', event: 'appointment.replied' }])
    return ok(after)
  })
}
