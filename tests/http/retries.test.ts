/** Idempotency-Key and If-Match over HTTP: a retry takes effect once, a change of something stale takes none. */
import { sql } from 'drizzle-orm'
import t from 'tap'
import { type Json, testApi } from '../support/api.ts'
import { proposed, ready, staffed } from '../support/staffed-clinic.ts'

const s = testApi(t, { seed: 'catalogue' })
const KEY = { headers: { 'idempotency-key': 'first' } }
const patient = (n: number) => ({
  givenName: `Given${n}`,
  familyName: 'Family',
  province: 'QC',
  birthDate: '1985-05-05',
})
const count = async (table: string): Promise<number> => {
  const [row] = (await (await s).db.execute(sql.raw(`select count(*)::int as n from ${table}`))) as unknown as {
    n: number
  }[]
  return row?.n ?? 0
}

t.test('a POST with a key', async (t) => {
  const { api, as } = await s
  const before = await count('patient')
  const [first, again] = [
    await api('POST', '/v1/patients', patient(1), KEY),
    await api('POST', '/v1/patients', patient(1), KEY),
  ]
  t.same([first.status, first.headers['idempotent-replayed']], [201, undefined])
  t.same([again.status, again.headers['idempotent-replayed'], again.text], [201, 'true', first.text])
  t.equal(await count('patient'), before + 1, 'takes effect once')

  const other = await api('POST', '/v1/patients', patient(2), KEY)
  t.same([other.status, other.json.code], [422, 'idempotency-key-reused'], 'belongs to its body')
  const route = await api('POST', '/v1/patients/search', { name: 'Family' }, KEY)
  t.same([route.status, route.json.code], [422, 'idempotency-key-reused'], 'and to its route')
  const stranger = await as('admin')
  t.equal((await stranger('POST', '/v1/patients', patient(3), KEY)).status, 201, 'and to its token')

  for (const key of ['', 'x'.repeat(256)]) {
    const { status, json } = await api('POST', '/v1/patients', patient(4), { headers: { 'idempotency-key': key } })
    if (key === '') t.ok(status === 201 || json.errors[0].path === 'Idempotency-Key')
    else t.same([status, json.errors[0].path], [400, 'Idempotency-Key'])
  }
})

t.test('bad input is not stored: mended, the key still works', async (t) => {
  const { api } = await s
  const key = { headers: { 'idempotency-key': 'mended' } }
  t.equal((await api('POST', '/v1/patients', { ...patient(5), province: 'XX' }, key)).status, 400)
  t.equal((await api('POST', '/v1/patients', patient(5), key)).status, 201)
})

t.test('twenty at once: one takes effect, the rest are told so or given its answer', async (t) => {
  const { api } = await s
  const before = await count('patient')
  const key = { headers: { 'idempotency-key': 'storm' } }
  const answers = await Promise.all(Array.from({ length: 20 }, () => api('POST', '/v1/patients', patient(6), key)))
  t.equal(await count('patient'), before + 1)
  const made = answers.filter((a) => a.status === 201)
  t.ok(made.length >= 1 && new Set(made.map((a) => a.json.id)).size === 1)
  for (const { status, json } of answers.filter((a) => a.status !== 201))
    t.same([status, json.code], [409, 'idempotency-in-progress'])
})

t.test('a confirmation retried is answered with the same appointments; a refusal with the same refusal', async (t) => {
  const api = await s
  const staff = await staffed(api, 'montreal-laurier-397', { therapists: 1 })
  const [one, two] = [await ready(api, staff), await ready(api, staff)]
  const [mine, theirs] = [await proposed(api, one.id), await proposed(api, two.id)]
  const confirm = (it: Json) =>
    api.api('POST', `/v1/itineraries/${it.id}/confirm`, {}, { headers: { 'idempotency-key': it.id } })
  const [first, again] = [await confirm(mine), await confirm(mine)]
  t.same([first.status, again.status, again.text], [201, 201, first.text])
  const [refused, still] = [await confirm(theirs), await confirm(theirs)]
  t.same(
    [refused.json.code, still.text, still.headers['idempotent-replayed']],
    ['resource-taken', refused.text, 'true'],
  )
  t.equal(still.headers['content-type'], 'application/problem+json')
})

t.test('If-Match', async (t) => {
  const { api, must } = await s
  const { id } = await must('POST', '/v1/patients', patient(7))
  const read = await api('GET', `/v1/patients/${id}`)
  t.equal(read.headers.etag, '"1"')
  const change = (ifMatch: string, note: string) =>
    api('PATCH', `/v1/patients/${id}`, { note }, { headers: { 'if-match': ifMatch } })
  const racing = await Promise.all(['a', 'b', 'c', 'd'].map((note) => change('"1"', note)))
  t.same(racing.map((a) => a.status).sort(), [200, 412, 412, 412], 'of four writers one wins')
  t.ok(racing.filter((a) => a.status === 412).every((a) => a.json.code === 'stale'))
  t.equal((await change('W/"2"', 'weak')).status, 412, 'a weak tag matches nothing')
  t.equal((await change('"9", "2"', 'list')).status, 200)
  t.equal((await change('*', 'any')).status, 200)
})
