/** A person with a browser: signs in, turns to a roster on a phone, prints a clinic's day, signs out. Chromium against the real service. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import t from 'tap'
import { rosterOf } from '../../src/domain/roster.ts'
import { LocalDate } from '../../src/domain/time.ts'
import { rosterPage } from '../../src/web/roster-page.ts'
import type { Json } from '../support/api.ts'
import { CLINIC, local, PEOPLE, rosterVisit, TORONTO } from '../support/roster-day.ts'
import { serve } from '../support/service.ts'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)
const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking']
const PHONE = { width: 360, height: 640 }
/** Pages of a PDF as Chromium writes it. */
const pagesOf = (pdf: Buffer): number => pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0
const sidewards = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')

const missing = CHROMIUM ? false : 'there is no chromium in /usr/bin'
if (missing && process.env.CI) t.fail(missing)

t.test('from the sign-in to the printed day', { skip: missing, timeout: 120_000 }, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'throughline-browser-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const service = await serve({ DATA_DIR: home, SEED: 'demo' })
  t.teardown(() => service.end('SIGTERM'))
  const browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: ARGS })
  t.teardown(() => browser.close())
  const token = readFileSync(join(home, 'admin-token'), 'utf8').trim()
  const api = async (path: string): Promise<Json> =>
    (await fetch(service.base + path, { headers: { authorization: `Bearer ${token}` } })).json()
  const day = await fullDay(api)

  const page = await (await browser.newContext({ viewport: PHONE, locale: 'fr-CA' })).newPage()
  const faults: string[] = []
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  page.on('pageerror', (error) => faults.push(error.message))

  await page.goto(`${service.base}${day.path}`)
  t.match(page.url(), '/sign-in?next=', 'who has no session is led to the form')
  t.equal(await page.getAttribute('html', 'lang'), 'fr-CA')
  await page.getByLabel('Jeton d’accès').fill(token)
  await page.getByRole('button', { name: 'Ouvrir une session' }).click()
  await page.waitForURL(`${service.base}${day.path}`)
  t.match(await page.title(), `Horaire, `, 'and from there to where it wanted to go')
  t.equal(await sidewards(page), 0, 'a phone need not be scrolled sidewards')
  t.equal(await page.locator('article').count(), day.people)
  const [cookie] = await page.context().cookies()
  t.match(cookie, { httpOnly: true, sameSite: 'Strict' })

  const named: string = day.patient
  t.ok(await page.getByText(named, { exact: true }).first().isVisible(), 'names are on the screen')
  const pdf = await page.pdf({ format: 'A4' })
  t.equal(pagesOf(pdf), day.people, 'a sheet of A4 for each person')
  t.equal(pagesOf(await page.pdf({ format: 'Letter' })), day.people, 'or of Letter')
  const printed = await browser.newPage()
  await printed.setContent(longDay())
  for (const format of ['A4', 'Letter'])
    t.equal(pagesOf(await printed.pdf({ format })), 1, `nine visits with a pause after each are one sheet of ${format}`)
  await page.emulateMedia({ media: 'print' })
  t.notOk(await page.getByText(named, { exact: true }).first().isVisible(), 'and not on paper')
  t.equal(await page.locator('nav').isVisible(), false)
  await page.emulateMedia({ media: 'screen' })

  await page.getByRole('link', { name: 'Tous les horaires' }).click()
  t.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Horaires')
  t.equal(await sidewards(page), 0)
  await page.getByRole('button', { name: 'Fermer la session' }).click()
  await page.waitForURL(`${service.base}/sign-in`)
  await page.goto(service.base)
  t.match(page.url(), '/sign-in', 'signed out')

  const [, link] = /(http:\/\/\S+\/sign-in\/tl_[\w-]+)/.exec(service.output()) ?? []
  await page.goto(String(link))
  await page.getByRole('button').click()
  await page.waitForURL(`${service.base}/`)
  await page.goto(String(link))
  await page.getByRole('button').click()
  t.ok(await page.getByRole('alert').isVisible(), 'the link of the start-up works once')
  t.same(
    faults.filter((text) => !text.includes('404')),
    [],
    'and the pages’ own policy forbids nothing that they need',
  )
})

/** A day of the demonstration's near future on which several people work. */
async function fullDay(
  api: (path: string) => Promise<Json>,
): Promise<{ path: string; people: number; patient: string }> {
  for (const { slug } of (await api('/v1/clinics')).items) {
    const { entries } = await api(`/v1/rosters/clinics/${slug}?days=14`)
    for (const entry of entries) {
      const date: string = entry.start.slice(0, 10)
      const those: Json[] = entries.filter((one: Json) => one.patient && one.start.slice(0, 10) === date)
      const people = new Set(those.flatMap((one) => one.with.map((who: Json) => who.displayName)))
      if (people.size > 2)
        return {
          path: `/v1/rosters/clinics/${slug}?date=${date}`,
          people: people.size,
          patient: those[0].patient.displayName,
        }
    }
  }
  throw new Error('the demonstration has no day with three people at work')
}

/** A therapist's nine visits of 50 minutes on the hour, each with a flag. */
function longDay(): string {
  const date = LocalDate.parse('2026-12-01')
  const hours = ['08', '09', '10', '11', '12', '13', '14', '15', '16']
  const visits = hours.map((hour) =>
    rosterVisit(local(`${date} ${hour}:00`), 50, [['therapist', 0, 50]], { first: true }),
  )
  const shifts = [{ start: local(`${date} 08:00`), end: local(`${date} 18:00`), clinicId: CLINIC }]
  const subject = { kind: 'clinician', ...PEOPLE.therapist } as const
  const roster = rosterOf({ date, days: 1, timeZone: TORONTO, subject, visits, shifts, turnover: [] }, 'fr')
  const clinicNames = new Map([[CLINIC, 'Montréal – rue Sherbrooke Ouest']])
  const printedAt = local('2026-11-30 17:05')
  return rosterPage({ roster, people: [], lang: 'fr', names: 'initials', printedAt, printedBy: 'Ada', clinicNames })
}
