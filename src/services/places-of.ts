/** Where booked visits are, with everything they take: what claiming them again needs. */
import type { Tx } from '../db/client.ts'
import type { Appointment } from '../domain/appointment.ts'
import { placedAgain } from '../domain/booked-claims.ts'
import type { AppointmentId, ClinicianId } from '../domain/ids.ts'
import type { PlacedVisit } from '../domain/itinerary.ts'
import { type Program, visitOf } from '../domain/program.ts'
import * as clinicians from '../repositories/clinicians.ts'

export async function placesOf(
  tx: Tx,
  program: Program,
  booked: readonly Appointment[],
): Promise<Map<AppointmentId, PlacedVisit>> {
  const people = [...new Set(booked.flatMap((a) => a.participants.map((p): ClinicianId => p.clinicianId)))]
  const supervisionOf = new Map(
    (await clinicians.withLicences(tx, people)).map((c) => [c.id as string, c.supervisionId]),
  )
  return new Map(
    booked.flatMap((a) => {
      const template = visitOf(program, a.visitKey)
      return template ? [[a.id, placedAgain(a, template, supervisionOf)]] : []
    }),
  )
}
