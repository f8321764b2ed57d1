/** Branded identifiers: a room's id cannot be passed for a clinic's. Pure. UUIDv7 text, made outside the domain. */
import { z } from 'zod'

const id = <Name extends string>() => z.guid().brand<Name>()

export const ClinicId = id<'ClinicId'>()
export type ClinicId = z.infer<typeof ClinicId>
export const RoomId = id<'RoomId'>()
export type RoomId = z.infer<typeof RoomId>
export const ClinicianId = id<'ClinicianId'>()
export type ClinicianId = z.infer<typeof ClinicianId>
/** Whatever can be claimed: a clinician, a clinician's supervision, a room; a clinic's opening hours hang on one too. */
export const ResourceId = id<'ResourceId'>()
export type ResourceId = z.infer<typeof ResourceId>
export const RuleId = id<'RuleId'>()
export type RuleId = z.infer<typeof RuleId>
export const ExtraShiftId = id<'ExtraShiftId'>()
export type ExtraShiftId = z.infer<typeof ExtraShiftId>
export const TimeOffId = id<'TimeOffId'>()
export type TimeOffId = z.infer<typeof TimeOffId>
export const PatientId = id<'PatientId'>()
export type PatientId = z.infer<typeof PatientId>
export const EnrolmentId = id<'EnrolmentId'>()
export type EnrolmentId = z.infer<typeof EnrolmentId>
export const ItineraryId = id<'ItineraryId'>()
export type ItineraryId = z.infer<typeof ItineraryId>
export const AppointmentId = id<'AppointmentId'>()
export type AppointmentId = z.infer<typeof AppointmentId>
export const CalendarFeedId = id<'CalendarFeedId'>()
export type CalendarFeedId = z.infer<typeof CalendarFeedId>
export const UserId = id<'UserId'>()
export type UserId = z.infer<typeof UserId>
export const ScreeningId = id<'ScreeningId'>()
export type ScreeningId = z.infer<typeof ScreeningId>
export const ConsentId = id<'ConsentId'>()
export type ConsentId = z.infer<typeof ConsentId>
export const ReferralId = id<'ReferralId'>()
export type ReferralId = z.infer<typeof ReferralId>
export const ReferralContactId = id<'ReferralContactId'>()
export type ReferralContactId = z.infer<typeof ReferralContactId>
export const PreconditionId = id<'PreconditionId'>()
export type PreconditionId = z.infer<typeof PreconditionId>
export const PatientOverrideId = id<'PatientOverrideId'>()
export type PatientOverrideId = z.infer<typeof PatientOverrideId>
export const GroupSessionId = id<'GroupSessionId'>()
export type GroupSessionId = z.infer<typeof GroupSessionId>
export const WaitlistEntryId = id<'WaitlistEntryId'>()
export type WaitlistEntryId = z.infer<typeof WaitlistEntryId>
export const WaitlistOfferId = id<'WaitlistOfferId'>()
export type WaitlistOfferId = z.infer<typeof WaitlistOfferId>
/** Time that a visit, a hold or an absence has given back. */
export const FreedTimeId = id<'FreedTimeId'>()
export type FreedTimeId = z.infer<typeof FreedTimeId>
