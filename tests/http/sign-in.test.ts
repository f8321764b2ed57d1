/** People at the service: in by a form or a link that works once, out again, and a cookie that other sites cannot use. */
import { eq } from 'drizzle-orm'
import t from 'tap'
import { apiToken } from '../../src/db/schema.ts'
import { HOUR, type Instant, MINUTE } from '../../src/domain/time.ts'
import { makeSignInLink } from '../../src/services/sign-in.ts'
import { hashToken } from '../../src/services/token-hash.ts'
import { createToken } from '../../src/services/tokens.ts'
import { testApi } from '../support/api.ts'
import { aClinician } from '../support/people.ts'

const test = await testApi(t, { seed: 'catalogue' })
const { app, db, deps, clock, must, adminToken } = test

type Headers = Record<string, string>
const ask = (method: 'GET' | 'POST', url: string, { headers = {}, form }: { headers?: Headers; form?: Headers } = {}) =>
  app.inject({
    method,
    url,
    headers: { ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}), ...headers },
    ...(form ? { payload: new URLSearchParams(form).toString() } : {}),
  })
const page = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' }
type Answer = Awaited<ReturnType<typeof ask>>
const cookieOf = (answer: Answer): string => String(answer.headers['set-cookie']).split(';')[0] ?? ''
const tokenFor = async (wish: Parameters<typeof createToken>[1]): Promise<string> => {
  const made = await createToken(deps, wish)
  if (!made.ok) throw new Error(made.error.code)
  return made.value
}
/** → the Cookie header of a session. */
async function signedIn(token = adminToken): Promise<Headers> {
  const answer = await ask('POST', '/sign-in', { form: { token } })
  if (answer.statusCode !== 303) throw new Error(answer.body)
  return { cookie: cookieOf(answer) }
}

t.test('a browser without a session is led to the form, and with it to where it wanted to go', async (t) => {
  const wanted = '/v1/rosters/clinics/toronto-eglinton?date=2026-12-01'
  const led = await ask('GET', wanted, { headers: page })
  t.match(led, { statusCode: 303, headers: { location: `/sign-in?next=${encodeURIComponent(wanted)}` } })
  t.equal((await ask('GET', wanted)).statusCode, 401, 'a program gets its problem')
  t.equal((await ask('GET', wanted, { headers: { ...page, authorization: 'Bearer wrong' } })).statusCode, 401)
  t.equal((await ask('GET', '/v1/clinics', { headers: page })).statusCode, 401, 'what is no page')
  const form = await ask('GET', String(led.headers.location))
  t.match(form, { statusCode: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
  t.match(form.body, `value="${wanted}"`)
  t.match(form.headers['content-security-policy'], /default-src 'none'; style-src 'sha256-\S+'; form-action 'self'/)
  const entered = await ask('POST', '/sign-in', { form: { token: ` ${adminToken}\n`, next: wanted } })
  t.match(entered, { statusCode: 303, headers: { location: wanted } })
  t.match(entered.headers['set-cookie'], /^throughline_session=[\w-]+; Path=\/; Expires=.*; HttpOnly; SameSite=Strict$/)
  const roster = await ask('GET', wanted, { headers: { ...page, cookie: cookieOf(entered) } })
  t.match(roster, { statusCode: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
  t.match(await must('GET', '/v1/audit?limit=5'), { items: [{}] })
})

t.test('a session is for 12 hours, until signing out, or until its token ends', async (t) => {
  const read = async (headers: Headers) => (await ask('GET', '/v1/clinics', { headers })).statusCode
  const [lasting, left] = [await signedIn(), await signedIn()]
  t.equal(await read(lasting), 200)
  t.match(await ask('POST', '/sign-out', { headers: left }), { statusCode: 303, headers: { location: '/sign-in' } })
  t.equal(await read(left), 401, 'the session itself has ended, not only the cookie')
  const before = clock.now
  clock.now = (before + 12 * HOUR - 1) as Instant
  t.equal(await read(lasting), 200)
  clock.now = (before + 12 * HOUR) as Instant
  t.equal(await read(lasting), 401)
  clock.now = before
  const token = await tokenFor({ role: 'scheduler' })
  const session = await signedIn(token)
  t.equal(await read(session), 200)
  await db
    .update(apiToken)
    .set({ revokedAt: clock.now })
    .where(eq(apiToken.hash, hashToken(token)))
  t.equal(await read(session), 401)
  t.equal(await read({ cookie: 'throughline_session=forged-forged-forged-forged' }), 401)
})

t.test('a change needs a page of ours behind it', async (t) => {
  const session = await signedIn()
  const change = async (headers: Headers) =>
    (
      await app.inject({
        method: 'POST',
        url: '/v1/users',
        headers: { ...session, ...headers },
        payload: { displayName: 'x', role: 'privacy' },
      })
    ).statusCode
  for (const [why, headers, status] of [
    ['nothing said', {}, 403],
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a neighbour', { 'sec-fetch-site': 'same-site' }, 403],
    ['another origin', { origin: 'https://evil.example' }, 403],
    ['no origin', { origin: 'null' }, 403],
    ['ours', { 'sec-fetch-site': 'same-origin' }, 201],
    ['our origin', { origin: 'http://localhost:80' }, 201],
  ] as const)
    t.equal(await change(headers), status, why)
  for (const path of ['/sign-in', '/sign-out'])
    t.equal(
      (await ask('POST', path, { headers: { 'sec-fetch-site': 'cross-site' }, form: { token: adminToken } }))
        .statusCode,
      403,
    )
})

t.test('whoever may not come in is told so on the page, and not for ever at once', async (t) => {
  const attempt = (token: string, headers: Headers = {}) => ask('POST', '/sign-in', { form: { token }, headers })
  const wrong = await attempt('tl_wrong', { 'accept-language': 'fr-CA,fr;q=0.9,en;q=0.5' })
  t.equal(wrong.statusCode, 401)
  t.match(wrong.body, '<html lang="fr-CA">')
  t.match(wrong.body, 'role="alert"')
  t.notMatch(wrong.body, 'tl_wrong')
  t.equal(
    (await attempt(await tokenFor({ role: 'integration', scopes: ['rosters:read'] }))).statusCode,
    401,
    'a program',
  )
  for (let i = 0; i < 8; i++) await attempt('tl_wrong')
  const refused = await attempt(adminToken)
  t.match(refused, { statusCode: 429, headers: { 'retry-after': /^\d+$/ } })
  clock.now = (clock.now + MINUTE) as Instant
  t.equal((await attempt(adminToken)).statusCode, 303)
  t.equal((await ask('POST', '/sign-in', { form: { token: 'x', more: 'y' } })).statusCode, 400)
})

t.test('afterwards leads nowhere but here', async (t) => {
  for (const next of [
    '//evil.example',
    'https://evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '/a\r\nb: c',
    '/\t/evil',
  ])
    t.match(
      await ask('POST', '/sign-in', { form: { token: adminToken, next } }),
      { statusCode: 303, headers: { location: '/' } },
      next,
    )
  const quoted = await ask('GET', `/sign-in?next=${encodeURIComponent('/"><script>alert(1)</script>')}`)
  t.notMatch(quoted.body, '<script>')
})

t.test('a link works once, within its time, and only when somebody presses the button', async (t) => {
  const link = async (): Promise<string> => {
    const made = await makeSignInLink(deps, adminToken)
    return made.ok ? `/sign-in/${made.value}` : ''
  }
  const first = await link()
  for (let i = 0; i < 2; i++) t.match((await ask('GET', first)).body, '<form method="post">', 'looking uses nothing up')
  const entered = await ask('POST', first)
  t.match(entered, { statusCode: 303, headers: { location: '/' } })
  t.equal((await ask('GET', '/v1/users', { headers: { cookie: cookieOf(entered) } })).statusCode, 200)
  t.equal((await ask('POST', first)).statusCode, 404)
  const [replaced, late] = [await link(), await link()]
  t.equal((await ask('POST', replaced)).statusCode, 404, 'a later one replaces it')
  clock.now = (clock.now + 15 * MINUTE) as Instant
  t.equal((await ask('POST', late)).statusCode, 404)
  t.equal((await ask('POST', '/sign-in/tl_unknown')).statusCode, 404)
})

t.test('the first page: one’s own roster, or the clinics that one acts for', async (t) => {
  const clinicianId = await aClinician(test, 'therapist')
  const own = await signedIn(await tokenFor({ role: 'clinician', clinicianId: clinicianId as never }))
  t.match(await ask('GET', '/', { headers: { ...own, ...page } }), {
    statusCode: 303,
    headers: { location: `/v1/rosters/clinicians/${clinicianId}?format=html&lang=en` },
  })
  const { id } = await must('GET', '/v1/clinics/vancouver-commercial')
  const scheduler = await signedIn(await tokenFor({ role: 'scheduler', clinicIds: [id] }))
  const { body } = await ask('GET', '/', { headers: { ...scheduler, ...page, 'accept-language': 'fr' } })
  t.match(body, '/v1/rosters/clinics/vancouver-commercial?date=2026-11-22&amp;format=html&amp;lang=fr')
  t.notMatch(body, 'toronto')
  t.match((await ask('GET', '/', { headers: await signedIn() })).body, 'toronto-eglinton')
  t.match(await ask('GET', '/', { headers: page }), { statusCode: 303, headers: { location: '/sign-in?next=%2F' } })
})
