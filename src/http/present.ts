/** How itineraries and appointments look outside: wire schemas and the functions that make them (contract.md §5). Pure; instants carry their clinic's offset. */
import { z } from 'zod'
import { type Appointment, AppointmentStatus } from '../domain/appointment.ts'
import { AppointmentId, ClinicId, ClinicianId, EnrolmentId, ItineraryId, PatientId, RoomId } from '../domain/ids.ts'
import type { Itinerary, Participant, PlacedVisit } from '../domain/itinerary.ts'
import { ClinicalRole, Modality, Step } from '../domain/program.ts'
import type { Instant, ZoneId } from '../domain/time.ts'
import { InstantOut, toWire } from './wire.ts'

/** One per role claim, supervision included: a nurse who comes twice is here twice. */
export const ParticipantOut = z.object({
  as: z.string(),
  role: ClinicalRole,
  clinicianId: ClinicianId,
  start: InstantOut,
  end: InstantOut,
})

export const PlacedVisitOut = z.object({
  visitKey: z.string(),
  step: Step,
  start: InstantOut,
  end: InstantOut,
  timeZone: z.string(),
  clinicId: ClinicId,
  roomId: RoomId.nullable(),
  modality: Modality,
  participants: z.array(ParticipantOut),
})
export type PlacedVisitOut = z.infer<typeof PlacedVisitOut>

export const ItineraryOut = z.object({
  id: ItineraryId,
  enrolmentId: EnrolmentId,
  status: z.enum(['proposed', 'held', 'booked', 'expired', 'released']),
  optimal: z.literal(true),
  cost: z.object({
    total: z.number(),
    wait: z.number(),
    completion: z.number(),
    travel: z.number(),
    load: z.number(),
    preference: z.number(),
    handover: z.number(),
  }),
  expiresAt: InstantOut.nullable(),
  visits: z.array(PlacedVisitOut),
})
export type ItineraryOut = z.infer<typeof ItineraryOut>

export const EscortOut = z.object({
  name: z.string(),
  phone: z.string().nullable(),
  relationship: z.string().nullable(),
})

export const AppointmentOut = z.object({
  id: AppointmentId,
  enrolmentId: EnrolmentId,
  itineraryId: ItineraryId.nullable(),
  visitKey: z.string(),
  step: Step,
  status: AppointmentStatus,
  start: InstantOut,
  end: InstantOut,
  timeZone: z.string(),
  clinicId: ClinicId,
  roomId: RoomId.nullable(),
  modality: Modality,
  participants: z.array(ParticipantOut),
  patientIds: z.array(PatientId),
  sequence: z.number().int(),
  revision: z.number().int(),
  actual: z.object({
    arrivedAt: InstantOut.nullable(),
    startedAt: InstantOut.nullable(),
    endedAt: InstantOut.nullable(),
  }),
  escort: EscortOut.nullable(),
  joinUrl: z.string().nullable(),
  patientLocation: z.string().nullable(),
  patientResponse: z.string(),
  flags: z.array(z.string()),
  voidedBy: AppointmentId.nullable(),
  cancellation: z
    .object({
      by: z.enum(['patient', 'clinic']),
      reason: z.string().nullable(),
      reasonCode: z.string().nullable(),
    })
    .nullable(),
  statusReason: z.string().nullable(),
  reassessOn: z.string().nullable(),
  /** Of a cancelled one: inside the policy's notice. */
  late: z.boolean().nullable(),
  note: z.string().nullable(),
})
export type AppointmentOut = z.infer<typeof AppointmentOut>

const maybe = (at: Instant | null, zone: ZoneId): string | null => (at === null ? null : toWire(at, zone))

export const presentParticipant = (p: Participant, zone: ZoneId): z.infer<typeof ParticipantOut> => ({
  as: p.as,
  role: p.role,
  clinicianId: p.clinicianId,
  start: toWire(p.start, zone),
  end: toWire(p.end, zone),
})

export const presentVisit = (visit: Omit<PlacedVisit, 'claims'>): PlacedVisitOut => ({
  visitKey: visit.visitKey,
  step: visit.step,
  start: toWire(visit.start, visit.timeZone),
  end: toWire(visit.end, visit.timeZone),
  timeZone: visit.timeZone,
  clinicId: visit.clinicId,
  roomId: visit.roomId,
  modality: visit.modality,
  participants: visit.participants.map((p) => presentParticipant(p, visit.timeZone)),
})

/** `zone` is the home clinic's: an itinerary without visits still says when it expires. */
export function presentItinerary(itinerary: Itinerary, zone?: ZoneId): ItineraryOut {
  const { id, enrolmentId, status, cost, expiresAt, visits } = itinerary
  const local = zone ?? visits[0]?.timeZone
  return {
    id,
    enrolmentId,
    status,
    optimal: true,
    cost,
    expiresAt: expiresAt === null ? null : local ? toWire(expiresAt, local) : new Date(expiresAt).toISOString(),
    visits: visits.map(presentVisit),
  }
}

export function presentAppointment(appointment: Appointment): AppointmentOut {
  const { cancellation, escort, patientId, uid: _uid, ...rest } = appointment
  const zone = appointment.timeZone
  return {
    ...rest,
    start: toWire(appointment.start, zone),
    end: toWire(appointment.end, zone),
    participants: appointment.participants.map((p) => presentParticipant(p, zone)),
    patientIds: [patientId],
    actual: {
      arrivedAt: maybe(appointment.actual.arrivedAt, zone),
      startedAt: maybe(appointment.actual.startedAt, zone),
      endedAt: maybe(appointment.actual.endedAt, zone),
    },
    escort: escort && { name: escort.name, phone: escort.phone ?? null, relationship: escort.relationship ?? null },
    cancellation: cancellation && {
      by: cancellation.by,
      reason: cancellation.reason,
      reasonCode: cancellation.reasonCode,
    },
    late: cancellation?.late ?? null,
  }
}
