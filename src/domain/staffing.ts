/** Who may serve a claim: role, licence where the patient is, language, the patient's wishes (domain.md §2). Pure. Dates are local and inclusive. */
import { type Clinician, licensedOn, needsLicence } from './clinician.ts'
import type { TherapistWish } from './enrolment.ts'
import type { Participant } from './itinerary.ts'
import type { ClinicalRole, Modality } from './program.ts'
import type { Refusal } from './refusal.ts'
import type { LocalDate } from './time.ts'

/** Therapist and navigator must speak the patient's language; of nurse and prescriber it is a preference. */
const MUST_SPEAK: ReadonlySet<ClinicalRole> = new Set(['therapist', 'navigator'])

export const speaksWithPatient = (
  role: ClinicalRole,
  clinician: Pick<Clinician, 'languages'>,
  careLanguages: readonly string[],
): boolean => !MUST_SPEAK.has(role) || clinician.languages.some((language) => careLanguages.includes(language))

/** The patient's say about the therapist: required gender and exclusions bind, preferences do not. */
export const wishedFor = (
  role: ClinicalRole,
  clinician: Pick<Clinician, 'id' | 'gender'>,
  wish: TherapistWish,
): boolean =>
  role !== 'therapist' ||
  (!wish.exclude.includes(clinician.id) && (wish.requireGender === null || wish.requireGender === clinician.gender))

export type StaffedVisit = {
  readonly visitKey: string
  readonly day: LocalDate
  /** Of the clinic in person, of the patient's residence otherwise. */
  readonly province: string
  readonly modality: Modality
  readonly participants: readonly Participant[]
}

/** The first rule that a participant breaks on the visit's date; undefined: all may serve. */
export function staffingRefusal(
  visits: readonly StaffedVisit[],
  clinicians: ReadonlyMap<string, Clinician>,
  careLanguages: readonly string[],
): Refusal | undefined {
  for (const visit of visits)
    for (const { clinicianId, role } of visit.participants) {
      const clinician = clinicians.get(clinicianId)
      const no = (code: 'not-licensed' | 'wrong-role' | 'wrong-language', detail: string): Refusal => ({
        code,
        clinicianId,
        visitKey: visit.visitKey,
        detail,
      })
      if (!clinician?.roles.includes(role)) return no('wrong-role', `does not serve as ${role}`)
      if (needsLicence(role) && !licensedOn(clinician.licences, visit.province, visit.day))
        return no('not-licensed', `no licence for ${visit.province} is valid on ${visit.day}`)
      if (!speaksWithPatient(role, clinician, careLanguages))
        return no('wrong-language', `speaks none of ${careLanguages.join(', ')}`)
    }
  return undefined
}
