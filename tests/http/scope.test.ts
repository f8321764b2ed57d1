/** Who may do what, and who may see whom: role by route as declared, clinic by clinic as stored. Another clinic's record is not found. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { appointment, participant } from '../../src/db/schema.ts'
import type { Role } from '../../src/domain/caller.ts'
import { ClinicId, UserId } from '../../src/domain/ids.ts'
import { createToken, ensureAdmin } from '../../src/services/tokens.ts'
import { type Call, testApi } from '../support/api.ts'
import { aClinician, anEnrolment, aPatient } from '../support/people.ts'

const test = await testApi(t, { seed: 'catalogue' })
const { api, must, as, clock, db, deps } = test
const HOME = 'montreal-laurier-393'
const OTHER = 'montreal-sherbrooke'
const idOf = async (slug: string): Promise<string> => (await must('GET', `/v1/clinics/${slug}`)).id

type Declared = { method: string; path: string; roles: Role[]; scope: string | undefined }
type Operation = { 'x-roles'?: Role[]; 'x-scope'?: string }

/** Every `/v1` route of the reference, with the roles that it declares. */
async function declared(): Promise<Declared[]> {
  const { paths } = await must('GET', '/openapi.json')
  return Object.entries(paths as Record<string, Record<string, Operation>>)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{[^}]+\}/g, randomUUID()),
        roles: operation['x-roles'] ?? [],
        scope: operation['x-scope'],
      })),
    )
}

t.test('every route refuses a caller without a token, and every role that it does not name', async (t) => {
  const clinicianId = await aClinician(test, 'therapist')
  const callers: Record<Role, Call> = {
    admin: api,
    scheduler: await as('scheduler', { clinicIds: [await idOf(HOME)] }),
    clinician: await as('clinician', { clinicianId }),
    integration: await as('integration'),
    privacy: await as('privacy'),
  }
  const routes = await declared()
  t.ok(routes.length > 20)
  for (const { method, path, roles } of routes) {
    const body = method === 'GET' || method === 'DELETE' ? undefined : {}
    const name = `${method} ${path}`
    t.equal((await api(method, path, body, { token: null })).status, 401, `${name} without a token`)
    for (const [role, call] of Object.entries(callers)) {
      const { status } = await call(method, path, body)
      const may = role !== 'integration' && roles.includes(role as Role)
      t.equal(status === 403, !may, `${name} as ${role}: ${status}`)
      t.ok(status < 500, `${name} as ${role}: ${status}`)
    }
  }
})

t.test('the privacy officer reads the audit log and nothing else; integrations need a scope', async (t) => {
  for (const { method, path, roles, scope } of await declared()) {
    t.equal(roles.includes('privacy'), path === '/v1/audit', `${method} ${path}`)
    if (roles.includes('integration')) t.ok(scope, `${method} ${path} names a scope`)
  }
  const reader = await as('integration', { scopes: ['patients:read'] })
  t.equal((await reader('GET', '/v1/patients')).status, 200)
  t.equal((await reader('POST', '/v1/patients', {})).status, 403)
})

/** Everything that can be asked about one patient and enrolment. */
const questions = (patient: string, enrolment: string): [string, string, object?][] => [
  ['GET', `/v1/patients/${patient}`],
  ['PATCH', `/v1/patients/${patient}`, { note: 'seen' }],
  ['GET', `/v1/patients/${patient}/screenings`],
  ['GET', `/v1/patients/${patient}/consents`],
  ['POST', `/v1/patients/${patient}/consents`, { kind: 'virtual-care', givenOn: '2026-11-20' }],
  ['DELETE', `/v1/patients/${patient}/consents/virtual-care`],
  ['GET', `/v1/enrolments/${enrolment}`],
  ['PATCH', `/v1/enrolments/${enrolment}`, { priority: 2 }],
]
const found = (status: number): boolean => status >= 200 && status < 300

/** How many of the lists and searches show the patient. */
async function shows(call: Call, patient: { id: string; givenName: string }): Promise<number> {
  const answers = await Promise.all([
    call('GET', '/v1/patients?limit=200'),
    call('POST', '/v1/patients/search', { name: patient.givenName }),
    call('GET', `/v1/enrolments?patientId=${patient.id}`),
  ])
  return answers.filter(({ text }) => text.includes(patient.id)).length
}

t.test('a scheduler sees the clinic’s own patients; another’s are as absent as none at all', async (t) => {
  const [home, other] = [await idOf(HOME), await idOf(OTHER)]
  const ours = await as('scheduler', { clinicIds: [home] })
  const theirs = await as('scheduler', { clinicIds: [other] })
  const patient = await aPatient(test, { givenName: `Solo${randomUUID().slice(0, 8)}` })
  const enrolment = await anEnrolment(test, HOME, patient.id)
  for (const [method, path, body] of questions(patient.id, enrolment.id)) {
    t.ok(found((await ours(method, path, body)).status), `${method} ${path} at home`)
    const foreign = await theirs(method, path, body)
    const absent = await theirs(
      method,
      path.replace(patient.id, randomUUID()).replace(enrolment.id, randomUUID()),
      body,
    )
    t.equal(foreign.status, 404, `${method} ${path} elsewhere`)
    t.equal(foreign.text, absent.text, 'and nothing tells the two apart')
  }
  t.equal(await shows(ours, patient), 3)
  t.equal(await shows(theirs, patient), 0)
  const body = { patientId: patient.id, programKey: 'introductory' }
  t.equal((await theirs('POST', '/v1/enrolments', { ...body, clinicId: other })).status, 404, 'not our patient')
  t.equal((await ours('POST', '/v1/enrolments', { ...body, clinicId: other })).status, 404, 'not our clinic')

  await must('PATCH', `/v1/enrolments/${enrolment.id}`, { allowedClinicIds: [home, other] })
  t.equal(await shows(theirs, patient), 3, 'an allowed clinic sees')
})

t.test('who takes a patient in sees the record before anyone enrols it', async (t) => {
  const ours = await as('scheduler', { clinicIds: [await idOf(HOME)] })
  const theirs = await as('scheduler', { clinicIds: [await idOf(OTHER)] })
  const made = await ours('POST', '/v1/patients', { givenName: 'New', familyName: 'Here', province: 'QC' })
  t.equal(made.status, 201)
  t.equal((await ours('GET', `/v1/patients/${made.json.id}`)).status, 200)
  t.equal((await theirs('GET', `/v1/patients/${made.json.id}`)).status, 404)
})

t.test('a clinic with a visit ahead sees the patient until it is cancelled; so does who takes part', async (t) => {
  const [home, other] = [await idOf(HOME), await idOf(OTHER)]
  const theirs = await as('scheduler', { clinicIds: [other] })
  const integration = await as('integration', { clinicIds: [other], scopes: ['patients:read'] })
  const [mine, colleague] = [await aClinician(test, 'therapist'), await aClinician(test, 'therapist')]
  const therapist = await as('clinician', { clinicianId: mine })
  const bystander = await as('clinician', { clinicianId: colleague })
  const patient = await aPatient(test, { givenName: `Visit${randomUUID().slice(0, 8)}` })
  const enrolment = await anEnrolment(test, HOME, patient.id, { allowedClinicIds: [home] })
  t.equal(await shows(therapist, patient), 0)
  const start = (clock.now + 86_400_000) as typeof clock.now
  const end = (start + 3_000_000) as typeof clock.now
  const id = randomUUID()
  await db.insert(appointment).values({
    id,
    enrolmentId: enrolment.id,
    patientId: patient.id,
    visitKey: 'prep-1',
    step: 'prepare',
    status: 'booked',
    start,
    end,
    clinicId: other,
    modality: 'in-person',
    bookedWallTime: '07:00',
    bookedTzVersion: 'test',
    createdAt: clock.now,
    updatedAt: clock.now,
  })
  await db.insert(participant).values({
    appointmentId: id,
    ordinal: 0,
    as: 'therapist',
    role: 'therapist',
    clinicianId: mine,
    shared: false,
    start,
    end,
  })
  for (const call of [theirs, integration, therapist]) t.equal(await shows(call, patient), 3)
  t.equal(await shows(bystander, patient), 0)
  t.equal((await therapist('PATCH', `/v1/patients/${patient.id}`, { note: 'x' })).status, 403, 'read only')
  await db.update(appointment).set({ status: 'cancelled' })
  for (const call of [theirs, integration, therapist]) t.equal(await shows(call, patient), 0)
})

t.test('a scheduler of no clinic sees nobody', async (t) => {
  const patient = await aPatient(test)
  t.equal(await shows(await as('scheduler'), patient), 0)
})

t.test('the administrator’s token follows the configuration; any token ends when it expires', async (t) => {
  const users = (token: string) => api('GET', '/v1/users', undefined, { token })
  const uses = async (token: string) => (await users(token)).status
  await ensureAdmin(deps, 'first-secret')
  t.equal(await uses('first-secret'), 200)
  await ensureAdmin(deps, 'second-secret')
  t.strictSame([await uses('first-secret'), await uses('second-secret')], [401, 200])
  await ensureAdmin(deps, 'first-secret')
  t.strictSame([await uses('first-secret'), await uses('second-secret')], [200, 401])

  const expiresAt = (clock.now + 1000) as typeof clock.now
  const made = await createToken(deps, { role: 'admin', expiresAt })
  const token = made.ok ? made.value : ''
  t.match(token, /^tl_[\w-]{43}$/)
  t.equal(await uses(token), 200)
  clock.now = expiresAt
  t.equal(await uses(token), 401)
  t.match(await createToken(deps, { role: 'clinician' }), { ok: false })
  t.match(await createToken(deps, { role: 'scheduler', clinicIds: [ClinicId.parse(randomUUID())] }), { ok: false })
  t.match(await createToken(deps, { role: 'admin', userId: UserId.parse(randomUUID()) }), { ok: false })
})

t.test('a user’s change acts on the next request', async (t) => {
  const user = await must('POST', '/v1/users', { displayName: 'S', role: 'scheduler', clinicIds: [await idOf(HOME)] })
  const made = await createToken(deps, { role: 'scheduler', userId: UserId.parse(user.id) })
  const token = made.ok ? made.value : ''
  const asks = async (path: string) => (await api('GET', path, undefined, { token })).status
  const patient = await aPatient(test)
  await anEnrolment(test, HOME, patient.id)
  t.equal(await asks(`/v1/patients/${patient.id}`), 200)
  await must('PATCH', `/v1/users/${user.id}`, { clinicIds: [await idOf(OTHER)] })
  t.equal(await asks(`/v1/patients/${patient.id}`), 404)
  await must('PATCH', `/v1/users/${user.id}`, { active: false })
  t.equal(await asks('/v1/patients'), 401)
})
