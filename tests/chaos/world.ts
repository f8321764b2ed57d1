/** Who is there when the chaos begins: clinics with people on shift, and patients ready to be booked. Dates count from today. */
import type { Json } from '../support/api.ts'
import { anEnrolment, aPatient } from '../support/people.ts'
import { type Staff, staffed } from '../support/staffed-clinic.ts'
import { ask } from './wire.ts'

export type Member = {
  readonly id: string
  readonly patientId: string
  readonly slug: string
  readonly programKey: string
}
export type World = { readonly members: readonly Member[]; readonly staff: readonly Staff[] }
type Must = (method: string, path: string, body?: unknown) => Promise<Json>

const CLINICS = ['montreal-laurier-397', 'toronto-eglinton', 'vancouver-commercial', 'montreal-sherbrooke']
const DAY = 86_400_000
export const dayFromToday = (days: number): string => new Date(Date.now() + days * DAY).toISOString().slice(0, 10)

export const mustOf =
  (base: string, token: string): Must =>
  async (method, path, body) => {
    const { status, json } = await ask(base, method, path, body, { token })
    if (status < 200 || status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`)
    return json
  }

/** `size` patients over `clinics` clinics, 16 at a time. */
export async function populate(must: Must, size: number, clinics = 2): Promise<World> {
  const staff: Staff[] = []
  for (const slug of CLINICS.slice(0, clinics)) staff.push(await staffed({ must }, slug, { therapists: 3, nurses: 3 }))
  const members: Member[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let n = next++; n < size; n = next++) {
        const at = staff[n % staff.length]
        if (at)
          members[n] = await aMember(must, at, Math.floor(n / staff.length) % 2 === 0 ? 'standard' : 'introductory')
      }
    }),
  )
  return { members, staff }
}

/** A cleared, consenting adult, enrolled. */
async function aMember(must: Must, { clinic, prescriber }: Staff, programKey: string): Promise<Member> {
  const { id } = await aPatient({ must }, { province: clinic.province })
  await must('POST', `/v1/patients/${id}/screenings`, {
    assessedBy: prescriber[0],
    assessedOn: dayFromToday(-2),
    outcome: 'cleared',
    contraindications: [],
    routes: ['rdt'],
    validUntil: dayFromToday(300),
  })
  await must('POST', `/v1/patients/${id}/consents`, { kind: 'treatment', givenOn: dayFromToday(-2) })
  const { id: enrolment } = await anEnrolment({ must }, clinic.slug, id, { programKey })
  return { id: enrolment, patientId: id, slug: clinic.slug, programKey }
}
