/** What a patient wishes of an enrolment: defaults, changes, and whether the clinics and people named can be had. */
import type { Tx } from '../db/client.ts'
import type { Clinic } from '../domain/clinic.ts'
import { ANY_THERAPIST, type Enrolment, type TherapistWish } from '../domain/enrolment.ts'
import type { ClinicId } from '../domain/ids.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as clinicians from '../repositories/clinicians.ts'
import * as clinics from '../repositories/clinics.ts'

type Wishes = Pick<
  Enrolment,
  'route' | 'priority' | 'allowedClinicIds' | 'therapist' | 'unavailable' | 'weeklyUnavailable' | 'preferred'
>
type Maybe<T> = { readonly [K in keyof T]?: T[K] | null | undefined }
/** RFC 7396: what is absent stays, `null` is the default again. */
export type EnrolmentChange = Maybe<Omit<Wishes, 'therapist'>> & {
  readonly therapist?: Maybe<TherapistWish> | null | undefined
}
/** The clinic is not wished for, it is where the patient is enrolled. */
export type HomeAndWishes = Wishes & Pick<Enrolment, 'clinicId'>

export const noWishes = (clinicId: ClinicId): HomeAndWishes => ({
  clinicId,
  route: null,
  priority: 1,
  allowedClinicIds: [clinicId],
  therapist: ANY_THERAPIST,
  unavailable: [],
  weeklyUnavailable: [],
  preferred: [],
})

export function wished(before: HomeAndWishes, change: EnrolmentChange): HomeAndWishes {
  const plain = noWishes(before.clinicId)
  const said = <T>(value: T | null | undefined, kept: T, otherwise: T): T =>
    value === undefined ? kept : (value ?? otherwise)
  const kept = before.therapist
  const therapist = change.therapist === null ? ANY_THERAPIST : change.therapist
  return {
    clinicId: before.clinicId,
    route: said(change.route, before.route, plain.route),
    priority: said(change.priority, before.priority, plain.priority),
    allowedClinicIds: said(change.allowedClinicIds, before.allowedClinicIds, plain.allowedClinicIds),
    therapist: {
      requireGender: said(therapist?.requireGender, kept.requireGender, null),
      prefer: said(therapist?.prefer, kept.prefer, []),
      exclude: said(therapist?.exclude, kept.exclude, []),
    },
    unavailable: said(change.unavailable, before.unavailable, []),
    weeklyUnavailable: said(change.weeklyUnavailable, before.weeklyUnavailable, []),
    preferred: said(change.preferred, before.preferred, []),
  }
}

/** Every clinic and clinician named exists; the allowed clinics hold the home clinic and lie in its region. */
export async function homeThatFits(
  tx: Tx,
  { clinicId, allowedClinicIds, therapist }: Pick<Enrolment, 'clinicId' | 'allowedClinicIds' | 'therapist'>,
): Promise<Result<Clinic, Refusal>> {
  const found = await clinics.byIds(tx, [...new Set([clinicId, ...allowedClinicIds])])
  const home = found.find((clinic) => clinic.id === clinicId)
  if (!home || !allowedClinicIds.every((id) => found.some((clinic) => clinic.id === id))) return err(notFound)
  if (!allowedClinicIds.includes(clinicId)) return err(invalid('allowedClinicIds', 'does not hold the home clinic'))
  if (found.some((clinic) => clinic.region !== home.region))
    return err(invalid('allowedClinicIds', 'holds a clinic of another region'))
  if (therapist.prefer.some((id) => therapist.exclude.includes(id)))
    return err(invalid('therapist.prefer', 'names a clinician who is excluded'))
  const named = [...therapist.prefer, ...therapist.exclude]
  return (await clinicians.exist(tx, named)) ? ok(home) : err(notFound)
}
