/** A catalogue clinic with people on shift, and patients ready for a program, all made over the API. */
import type { Json, TestApi } from './api.ts'
import { aClinician, anEnrolment, aPatient, cleared } from './people.ts'

type Api = Pick<TestApi, 'must'>
export type Staff = { clinic: Json; therapist: string[]; nurse: string[]; prescriber: string[]; navigator: string[] }

const WEEKDAYS = 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR'

/** Everyone works Monday to Friday, 08:00 to 18:00, licensed in the clinic's province. */
export async function staffed(
  s: Api,
  slug: string,
  { therapists = 2, nurses = 2, prescribers = 1, over = {} as object } = {},
): Promise<Staff> {
  const clinic = await s.must('GET', `/v1/clinics/${slug}`)
  const out: Staff = { clinic, therapist: [], nurse: [], prescriber: [], navigator: [] }
  const counts = { therapist: therapists, nurse: nurses, prescriber: prescribers, navigator: 1 } as const
  const licence = { college: 'A college', number: '1', validFrom: '2020-01-01', validUntil: '2035-12-31' }
  for (const [role, count] of Object.entries(counts) as [keyof typeof counts, number][])
    for (let i = 0; i < count; i++) {
      const licences = role === 'navigator' ? [] : [{ ...licence, province: clinic.province }]
      const id = await aClinician(s, role, { licences, ...over })
      await onShift(s, id, clinic.id)
      out[role].push(id)
    }
  return out
}

export const onShift = (s: Api, clinicianId: string, clinicId: string, over: object = {}): Promise<Json> =>
  s.must('POST', '/v1/availability-rules', {
    subject: { clinicianId },
    clinicId,
    rrule: WEEKDAYS,
    startTime: '08:00',
    endTime: '18:00',
    validFrom: '2026-11-01',
    validUntil: null,
    exceptDates: [],
    ...over,
  })

/** A cleared, consenting adult of the clinic's province, enrolled there. → the enrolment */
export async function ready(
  s: Api,
  staff: Staff,
  { patient = {}, enrolment = {} }: { patient?: object; enrolment?: object } = {},
): Promise<Json> {
  const { id } = await aPatient(s, { province: staff.clinic.province, ...patient })
  await cleared(s, id, staff.prescriber[0] ?? '')
  return anEnrolment(s, staff.clinic.slug, id, enrolment)
}

export const TREATMENT = ['prepare', 'experience', 'integrate', 'reconnect']

/** The best itinerary from a Monday in January on. */
export async function proposed(s: Api, enrolmentId: string, over: object = {}): Promise<Json> {
  const { itineraries, blockers } = await s.must('POST', `/v1/enrolments/${enrolmentId}/itineraries`, {
    notBefore: '2027-01-11T08:00:00-05:00',
    steps: TREATMENT,
    limit: 1,
    ...over,
  })
  if (!itineraries[0]) throw new Error(`nothing planned: ${JSON.stringify(blockers).slice(0, 300)}`)
  return itineraries[0]
}
