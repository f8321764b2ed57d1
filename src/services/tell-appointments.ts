/** Writes down what was done to some appointments: one audit entry and one event each, in the transaction of the change. */
import type { Tx } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import { toWire } from '../domain/time.ts'
import * as audit from '../repositories/audit.ts'
import * as events from '../repositories/events.ts'

export type Told = {
  readonly appointment: Appointment
  /** The audit log's word for it. */
  readonly action: string
  /** Absent: nobody outside has to know. */
  readonly event?: events.EventType
  /** Ids and times beside those of the appointment. */
  readonly more?: Record<string, string>
}

export async function tellAppointments(tx: Tx, actor: audit.Actor, told: readonly Told[]): Promise<void> {
  await audit.record(
    tx,
    actor,
    told.map(({ appointment: a, action }) => ({
      action,
      resourceType: 'appointment',
      resourceId: a.id,
      revision: a.revision,
      patientId: a.patientId,
      fieldClasses: ['schedule'],
    })),
  )
  await events.append(
    tx,
    told.flatMap(({ appointment: a, event, more }) =>
      event
        ? [
            {
              type: event,
              enrolmentId: a.enrolmentId,
              clinicId: a.clinicId,
              subject: {
                appointmentId: a.id,
                patientId: a.patientId,
                sequence: a.sequence,
                start: toWire(a.start, a.timeZone),
                end: toWire(a.end, a.timeZone),
                ...more,
              },
            },
          ]
        : [],
    ),
  )
}
