/** People as tests need them, made over the API; a test says what matters and the rest is filled in. */
import type { Json, TestApi } from './api.ts'

let made = 0

/** Licensed in Québec unless said otherwise. → the clinician's id */
export async function aClinician({ must }: Pick<TestApi, 'must'>, role: string, over: object = {}): Promise<string> {
  const n = ++made
  const { id } = await must('POST', '/v1/clinicians', {
    givenName: role,
    familyName: `No${n}`,
    displayName: `${role} ${n}`,
    roles: [role],
    languages: ['en', 'fr'],
    licences:
      role === 'navigator'
        ? []
        : [{ province: 'QC', college: 'A college', number: `${n}`, validFrom: '2020-01-01', validUntil: '2035-12-31' }],
    ...over,
  })
  return id
}

/** An adult of Québec with community support on record. */
export function aPatient({ must }: Pick<TestApi, 'must'>, over: object = {}): Promise<Json> {
  const n = ++made
  return must('POST', '/v1/patients', {
    givenName: `Given${n}`,
    familyName: `Family${n}`,
    birthDate: '1985-05-05',
    preferredLanguage: 'en',
    province: 'QC',
    email: `p${n}@example.org`,
    communitySupport: { name: 'A Counsellor', profession: 'counsellor', phone: '514-555-0100' },
    ...over,
  })
}

/** Screened as cleared until the summer after, and consenting to treatment. */
export async function cleared({ must }: Pick<TestApi, 'must'>, patientId: string, assessedBy: string): Promise<void> {
  await must('POST', `/v1/patients/${patientId}/screenings`, {
    assessedBy,
    assessedOn: '2026-11-20',
    outcome: 'cleared',
    contraindications: [],
    routes: ['rdt'],
    validUntil: '2027-06-30',
  })
  await must('POST', `/v1/patients/${patientId}/consents`, { kind: 'treatment', givenOn: '2026-11-20' })
}

/** An enrolment in the Standard program at the clinic with this slug. */
export async function anEnrolment(
  { must }: Pick<TestApi, 'must'>,
  slug: string,
  patientId: string,
  over: object = {},
): Promise<Json> {
  const clinic = await must('GET', `/v1/clinics/${slug}`)
  return must('POST', '/v1/enrolments', {
    patientId,
    programKey: 'standard',
    clinicId: clinic.id,
    route: 'rdt',
    ...over,
  })
}
