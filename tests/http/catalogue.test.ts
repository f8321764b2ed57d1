import t from 'tap'
import { seedCatalogue } from '../../src/services/seed-catalogue.ts'
import { type Json, testApi } from '../support/api.ts'

const NOWHERE = '00000000-0000-7000-8000-000000000000'
const clinicBody = (more: object = {}) => ({
  slug: 'ottawa-bank',
  name: { en: 'Ottawa', fr: 'Ottawa' },
  address: { line1: '1 Bank St', line2: null, city: 'Ottawa', province: 'ON', postalCode: 'K1P 1A1' },
  province: 'ON',
  timeZone: 'America/Toronto',
  region: 'ottawa',
  phone: '613-555-0100',
  ...more,
})
const clinicianBody = (more: object = {}) => ({
  givenName: 'Ada',
  familyName: 'Roy',
  displayName: 'Roy, A.',
  roles: ['therapist'],
  languages: ['en', 'fr'],
  licences: [{ province: 'QC', college: 'OPQ', number: '1', validFrom: '2020-01-01', validUntil: '2035-12-31' }],
  ...more,
})
const visit = (key: string, after: object[] = []) => ({
  key,
  step: 'prepare',
  title: { en: key, fr: key },
  minutes: 50,
  modality: ['in-person'],
  claims: [{ as: 'therapist', role: 'therapist', from: 0, to: 50 }],
  after,
})
const programBody = (more: object = {}) => ({
  key: 'short',
  name: { en: 'Short', fr: 'Court' },
  visits: [visit('one'), visit('two', [{ visit: 'one', minDays: 1, maxDays: null }])],
  ...more,
})

t.test('the catalogue over HTTP', async (t) => {
  const { api, must, as, deps } = await testApi(t)
  t.same(await seedCatalogue(deps), { ok: true, value: true }, 'the catalogue is written once')
  t.same(await seedCatalogue(deps), { ok: true, value: false }, 'and never into a database of its own')
  const bySlug = (slug: string): Promise<Json> => must('GET', `/v1/clinics/${slug}`)
  const laurier = await bySlug('montreal-laurier-393')
  const opening = (id: string, day: string, end = '') =>
    must('GET', `/v1/availability?${id}&from=${day}T00:00:00-05:00&to=${end || day}T23:59:00-05:00`)

  await t.test('the five clinics are as their pages say', async (t) => {
    const { items, nextCursor } = await must('GET', '/v1/clinics')
    t.equal(nextCursor, null)
    const facts = items.map((c: Json) => [
      c.slug,
      c.province,
      c.timeZone,
      c.region,
      c.policy.ageMin,
      c.address.postalCode,
    ])
    t.same(facts, [
      ['montreal-laurier-393', 'QC', 'America/Toronto', 'montreal', 18, 'H2V 2K3'],
      ['montreal-laurier-397', 'QC', 'America/Toronto', 'montreal', 18, 'H2V 2K3'],
      ['montreal-sherbrooke', 'QC', 'America/Toronto', 'montreal', 18, 'H4A 1T6'],
      ['toronto-eglinton', 'ON', 'America/Toronto', 'toronto', 18, 'M5N 1A7'],
      ['vancouver-commercial', 'BC', 'America/Vancouver', 'vancouver', 19, 'V5N 4C1'],
    ])
    t.match(laurier, {
      phone: '1-833-686-4687',
      opensOn: null,
      policy: {
        ageMax: 65,
        youthAllowed: false,
        residenceProvinces: ['QC', 'ON', 'BC'],
        routes: ['rdt'],
        clearanceDays: 90,
        contactClock: 'elapsed',
        lateCancelHours: 48,
        groupPatientsPerNurse: 6,
        sessionTimes: null,
        holidays: { add: [], drop: [] },
      },
    })
    t.equal(laurier.policy.contraindications.psychosis, 'exclude')
    t.same(await bySlug(laurier.id), laurier, 'by id as by slug')
    const rooms = (await must('GET', `/v1/clinics/${laurier.id}/rooms`)).items
    t.same(
      rooms.map((r: Json) => [r.kind, r.seats]),
      [
        ['consultation', 1],
        ['consultation', 1],
        ['dosing', 1],
        ['dosing', 1],
        ['group', 8],
      ],
    )
    const pages = [await must('GET', '/v1/clinics?limit=3')]
    pages.push(await must('GET', `/v1/clinics?limit=3&cursor=${pages[0].nextCursor}`))
    t.same(
      pages.map((p) => p.items.length),
      [3, 2],
    )
    t.equal(pages[1].nextCursor, null)
  })

  await t.test('opening hours are expanded, statutory holidays closed', async (t) => {
    const { free } = await opening(`clinicId=${laurier.id}`, '2026-12-24', '2026-12-28')
    t.same(
      free.map((f: Json) => [f.start, f.end]),
      [
        ['2026-12-24T08:00:00-05:00', '2026-12-24T18:00:00-05:00'],
        ['2026-12-28T08:00:00-05:00', '2026-12-28T18:00:00-05:00'],
      ],
    )
    const room = (await must('GET', `/v1/clinics/${laurier.id}/rooms`)).items[0]
    t.equal((await opening(`roomId=${room.id}`, '2026-12-24')).free.length, 1, 'a room is open when its clinic is')
  })

  await t.test('a clinic is added with its province’s policy and changed by merging', async (t) => {
    const made = await must(
      'POST',
      '/v1/clinics',
      clinicBody({ policy: { routes: ['rdt', 'im'], sessionTimes: null } }),
      201,
    )
    t.match(made, { slug: 'ottawa-bank', opensOn: null, policy: { ageMin: 18, ageMax: 65, routes: ['rdt', 'im'] } })
    const patched = await must('PATCH', '/v1/clinics/ottawa-bank', {
      name: { en: 'Ottawa Centre' },
      address: { line2: 'Suite 2' },
      policy: {
        routes: null,
        clearanceDays: 60,
        sessionTimes: { dosing: ['09:00', '13:00'] },
        contraindications: { mania: null, migraine: 'manage' },
        holidays: { add: ['2026-12-24'] },
      },
    })
    t.match(patched, {
      name: { en: 'Ottawa Centre', fr: 'Ottawa' },
      address: { line1: '1 Bank St', line2: 'Suite 2' },
      policy: { routes: ['rdt'], clearanceDays: 60, sessionTimes: { dosing: ['09:00', '13:00'] }, ageMin: 18 },
      revision: 2,
    })
    t.match(patched.policy.holidays, { add: ['2026-12-24'], drop: [] })
    t.equal(patched.policy.contraindications.mania, undefined, 'null removes a code')
    t.equal(patched.policy.contraindications.migraine, 'manage')
    t.equal(
      (await must('PATCH', '/v1/clinics/ottawa-bank', { policy: { sessionTimes: null } })).policy.sessionTimes,
      null,
    )
    const alias = await must(
      'POST',
      '/v1/clinics',
      clinicBody({ slug: 'mtl-2', province: 'BC', region: 'alias', timeZone: 'America/Montreal' }),
    )
    t.match(
      alias,
      { timeZone: 'America/Toronto', policy: { ageMin: 19 } },
      'an alias becomes its zone; adults are 19 in BC',
    )
  })

  await t.test('what moves opening hours moves availability', async (t) => {
    const eglinton = await bySlug('toronto-eglinton')
    const hours = async (day: string): Promise<number> => (await opening(`clinicId=${eglinton.id}`, day)).free.length
    t.equal(await hours('2026-12-23'), 1)
    await must('PATCH', '/v1/clinics/toronto-eglinton', {
      policy: { holidays: { add: ['2026-12-23'], drop: ['2026-12-25'] } },
    })
    t.same(
      [await hours('2026-12-23'), await hours('2026-12-25')],
      [0, 1],
      'a day added is closed, a day dropped is open',
    )
    await must('PATCH', '/v1/clinics/toronto-eglinton', { opensOn: '2027-01-04', policy: { holidays: null } })
    t.same([await hours('2026-12-22'), await hours('2027-01-04')], [0, 1], 'nothing is available before opensOn')
    await must('PATCH', '/v1/clinics/toronto-eglinton', { opensOn: null })
    t.equal(await hours('2026-12-22'), 1)
    const room = await must('POST', '/v1/clinics/toronto-eglinton/rooms', { name: 'Suite 3', kind: 'dosing' }, 201)
    t.match(room, { clinicId: eglinton.id, seats: 1, revision: 1 })
    t.equal((await opening(`roomId=${room.id}`, '2026-12-22')).free.length, 1, 'a new room is open when its clinic is')
    t.match(await must('PATCH', `/v1/rooms/${room.id}`, { name: 'Suite C', seats: null }), {
      name: 'Suite C',
      kind: 'dosing',
      seats: 1,
    })
  })

  await t.test('the travel table counts both ways and accepts slugs', async (t) => {
    const [r393, r397, sherbrooke] = [
      laurier,
      await bySlug('montreal-laurier-397'),
      await bySlug('montreal-sherbrooke'),
    ]
    const { travel } = await must('GET', '/v1/regions/montreal')
    const way = (a: Json, b: Json) => travel.find((w: Json) => w.from === a.id && w.to === b.id)
    t.equal(travel.length, 6)
    t.match(
      [way(r393, r397), way(r397, r393)],
      [
        { minutes: 5, points: 15 },
        { minutes: 5, points: 15 },
      ],
    )
    t.match(way(sherbrooke, r397), { minutes: 45, points: 40 })
    const put = await must('PUT', '/v1/regions/montreal', {
      travel: [
        { from: r393.slug, to: r397.id, minutes: 6, points: 15 },
        { from: r393.id, to: sherbrooke.slug, minutes: 50, points: 40 },
        { from: sherbrooke.slug, to: r393.slug, minutes: 40, points: 40 },
      ],
    })
    t.same(
      put.travel.map((w: Json) => w.minutes).sort(),
      [40, 50, 6, 6],
      'one direction stands for both, unless the other is said',
    )
    t.same((await must('GET', '/v1/regions/montreal')).travel, put.travel)
    t.same(await must('GET', '/v1/regions/toronto'), { slug: 'toronto', travel: [] })
    await must('PUT', '/v1/regions/montreal', { travel })
  })

  await t.test('statutory holidays are listed by province and year', async (t) => {
    const { items } = await must('GET', '/v1/holidays?province=BC&year=2027')
    t.equal(items.length, 11)
    t.match(
      items.find((h: Json) => h.date === '2027-09-30'),
      { name: { fr: /réconciliation/ } },
    )
  })

  await t.test('a clinician keeps roles, limits and licences', async (t) => {
    const made = await must('POST', '/v1/clinicians', clinicianBody(), 201)
    t.match(made, {
      displayName: 'Roy, A.',
      gender: null,
      supervisionCapacity: 4,
      limits: { dosesPerDay: 2 },
      activeUntil: null,
      revision: 1,
    })
    t.notOk('supervisionId' in made)
    t.same(await must('GET', `/v1/clinicians/${made.id}`), made)
    const patched = await must('PATCH', `/v1/clinicians/${made.id}`, {
      limits: { dosesPerDay: 1 },
      supervisionCapacity: 2,
      roles: ['therapist', 'nurse'],
      licences: [
        { province: 'ON', college: 'CRPO', number: '2', validFrom: '2021-01-01' },
        { province: 'AB', college: 'CAP', number: '3', validFrom: '2021-01-01', validUntil: null },
      ],
    })
    t.match(patched, { limits: { dosesPerDay: 1 }, supervisionCapacity: 2, roles: ['therapist', 'nurse'], revision: 2 })
    t.same(
      patched.licences.map((l: Json) => [l.province, l.validUntil]),
      [
        ['ON', null],
        ['AB', null],
      ],
      'the list is replaced',
    )
    t.same(await must('GET', `/v1/clinicians/${made.id}`), patched)
    const plain = await must('POST', '/v1/clinicians', {
      givenName: 'N',
      familyName: 'O',
      roles: ['navigator'],
      languages: null,
      licences: null,
    })
    t.match(plain, { displayName: 'N O', languages: [], licences: [] })
    t.same((await must('GET', '/v1/clinicians?role=nurse')).items, [patched])
    await must('POST', '/v1/availability-rules', {
      subject: { clinicianId: made.id },
      clinicId: laurier.id,
      rrule: 'FREQ=WEEKLY;BYDAY=MO',
      startTime: '09:00',
      endTime: '17:00',
      validFrom: '2026-11-01',
      validUntil: null,
      exceptDates: [],
    })
    t.same(
      (await must('GET', `/v1/clinicians?clinicId=${laurier.id}`)).items.map((c: Json) => c.id),
      [made.id],
    )
    t.equal((await opening(`clinicianId=${made.id}`, '2026-12-01', '2026-12-31')).free.length, 4)
    await must('PATCH', `/v1/clinicians/${made.id}`, { activeUntil: '2026-12-14' })
    t.equal(
      (await opening(`clinicianId=${made.id}`, '2026-12-01', '2026-12-31')).free.length,
      2,
      'no shift after the last day of work',
    )
  })

  await t.test('a program’s versions never change; the same key again is the next', async (t) => {
    const standard = await must('GET', '/v1/programs/standard')
    t.equal(standard.version, 1)
    t.same(standard.span, { from: 'prep-1', to: 'closing', minDays: 28, maxDays: 42 })
    t.same(
      standard.visits.find((v: Json) => v.key === 'dose-1'),
      {
        key: 'dose-1',
        step: 'experience',
        title: { en: 'Experience 1', fr: 'Expérience 1' },
        minutes: 150,
        modality: ['in-person'],
        claims: [
          { as: 'nurse', role: 'nurse', from: 0, to: 30, mode: 'exclusive' },
          { as: 'nurse', role: 'nurse', from: 120, to: 150, mode: 'exclusive' },
          { as: 'therapist', role: 'therapist', from: 15, to: 150, mode: 'exclusive', lead: true },
          { as: 'prescriber', role: 'prescriber', from: 0, to: 150, mode: 'shared' },
          { as: 'room', roomKind: 'dosing', from: 0, to: 180, mode: 'exclusive' },
        ],
        after: [{ visit: 'prep-2', minDays: 1, maxDays: 10 }],
        requires: ['clearance', 'consent', 'escort'],
      },
    )
    const first = await must('POST', '/v1/programs', programBody(), 201)
    t.match(first, { key: 'short', version: 1, grid: 15, continuity: 'program', span: null })
    t.same(first.visits[1].after, [{ visit: 'one', minDays: 1 }], 'what is not said is left out')
    const second = await must('POST', '/v1/programs', { ...first, name: { en: 'Shorter', fr: 'Plus court' } }, 201)
    t.equal(second.version, 2, 'a template as it was read may be sent back')
    t.equal((await must('GET', '/v1/programs/short')).version, 2)
    t.same(await must('GET', '/v1/programs/short?version=1'), first)
    t.same(
      (await must('GET', '/v1/programs')).items.map((p: Json) => [p.key, p.version]),
      [
        ['group-introductory', 1],
        ['introductory', 1],
        ['short', 2],
        ['spravato-induction', 1],
        ['standard', 1],
      ],
    )
    const page = await must('GET', '/v1/programs?limit=2')
    t.same(
      (await must('GET', `/v1/programs?limit=2&cursor=${page.nextCursor}`)).items.map((p: Json) => p.key),
      ['short', 'spravato-induction'],
    )
    const both = await Promise.all([1, 2, 3].map(() => must('POST', '/v1/programs', programBody({ key: 'raced' }))))
    t.same(both.map((p) => p.version).sort(), [1, 2, 3], 'writers at once make one version each')
  })

  const bad: [string, string, object | string, string, RegExp?][] = [
    ['POST', '/v1/clinics', clinicBody({ slug: 'toronto-eglinton', region: 'x' }), 'slug', /another clinic/],
    ['POST', '/v1/clinics', clinicBody({ slug: NOWHERE }), 'slug'],
    ['POST', '/v1/clinics', clinicBody({ slug: 'Not A Slug' }), 'slug'],
    [
      'POST',
      '/v1/clinics',
      clinicBody({ slug: 'x', region: 'montreal', timeZone: 'America/Vancouver' }),
      'timeZone',
      /share America\/Toronto/,
    ],
    ['POST', '/v1/clinics', clinicBody({ slug: 'x', timeZone: 'Mars/Olympus' }), 'timeZone'],
    ['POST', '/v1/clinics', clinicBody({ slug: 'x', province: 'AB' }), 'province'],
    ['POST', '/v1/clinics', clinicBody({ slug: 'x', surprise: 1 }), 'surprise', /surprise/],
    ['POST', '/v1/clinics', clinicBody({ slug: 'x', phone: null }), 'phone'],
    ['POST', '/v1/clinics', clinicBody({ slug: 'x', phone: 'a\u0000b' }), 'phone'],
    ['POST', '/v1/clinics', clinicBody({ slug: 'x', policy: { ageMin: 70 } }), 'policy.ageMin'],
    ['POST', '/v1/clinics', clinicBody({ slug: 'x', policy: { routes: ['oral'] } }), 'policy.routes[0]'],
    [
      'POST',
      '/v1/clinics',
      clinicBody({ slug: 'x', policy: { sessionTimes: { dosing: ['24:00'] } } }),
      'policy.sessionTimes.dosing[0]',
    ],
    [
      'POST',
      '/v1/clinics',
      clinicBody({ slug: 'x', policy: { holidays: { add: ['2026-02-30'] } } }),
      'policy.holidays.add[0]',
    ],
    [
      'POST',
      '/v1/clinics',
      clinicBody({ slug: 'x', address: { line1: 'a', city: 'b', province: 'ON', postalCode: '90210' } }),
      'address.postalCode',
    ],
    ['PATCH', '/v1/clinics/montreal-sherbrooke', { timeZone: 'America/Halifax' }, 'timeZone'],
    ['PATCH', '/v1/clinics/montreal-sherbrooke', { slug: 'montreal-laurier-393' }, 'slug', /another clinic/],
    ['PATCH', '/v1/clinics/montreal-sherbrooke', { name: { fr: null } }, 'name.fr'],
    ['PATCH', '/v1/clinics/montreal-sherbrooke', { policy: { clearanceDays: 'soon' } }, 'policy.clearanceDays'],
    [
      'PUT',
      '/v1/regions/montreal',
      { travel: [{ from: 'montreal-laurier-393', to: 'montreal-laurier-393', minutes: 1, points: 1 }] },
      'travel[0].to',
    ],
    [
      'PUT',
      '/v1/regions/montreal',
      { travel: [{ from: 'montreal-laurier-393', to: 'toronto-eglinton', minutes: 1, points: 1 }] },
      'travel[0].to',
    ],
    [
      'PUT',
      '/v1/regions/montreal',
      { travel: [{ from: 'montreal-laurier-393', to: 'montreal-laurier-397', minutes: -1, points: 1 }] },
      'travel[0].minutes',
    ],
    ['POST', '/v1/clinics/montreal-sherbrooke/rooms', { name: 'x', kind: 'kitchen' }, 'kind'],
    ['POST', '/v1/clinics/montreal-sherbrooke/rooms', { name: 'x', kind: 'group', seats: 0 }, 'seats'],
    ['POST', '/v1/clinicians', clinicianBody({ roles: ['wizard'] }), 'roles[0]'],
    ['POST', '/v1/clinicians', clinicianBody({ roles: [] }), 'roles'],
    ['POST', '/v1/clinicians', clinicianBody({ languages: ['English'] }), 'languages[0]'],
    ['POST', '/v1/clinicians', clinicianBody({ supervisionCapacity: 0 }), 'supervisionCapacity'],
    [
      'POST',
      '/v1/clinicians',
      clinicianBody({
        licences: [{ province: 'QC', college: 'OPQ', number: '1', validFrom: '2027-01-01', validUntil: '2026-01-01' }],
      }),
      'licences[0].validUntil',
    ],
    [
      'POST',
      '/v1/programs',
      programBody({ visits: [visit('one', [{ visit: 'two' }]), visit('two', [{ visit: 'one' }])] }),
      'visits[0].after',
      /cyclic/,
    ],
    [
      'POST',
      '/v1/programs',
      programBody({ span: { from: 'one', to: 'two', minDays: 5, maxDays: 3 } }),
      'span.minDays',
      /span/,
    ],
    [
      'POST',
      '/v1/programs',
      programBody({
        visits: [visit('one'), visit('two', [{ visit: 'one', maxDays: 3 }])],
        span: { from: 'one', to: 'two', minDays: 5, maxDays: 9 },
      }),
      'span.minDays',
      /span/,
    ],
    [
      'POST',
      '/v1/programs',
      programBody({ visits: [visit('one'), visit('two', [{ visit: 'one', minDays: 4, maxMinutes: 1440 }])] }),
      'visits[1].after[0].maxMinutes',
      /lag/,
    ],
    [
      'POST',
      '/v1/programs',
      programBody({ visits: [visit('one'), visit('two', [{ visit: 'three' }])] }),
      'visits[1].after[0].visit',
    ],
    ['POST', '/v1/programs', programBody({ grid: 7 }), 'grid'],
    ['POST', '/v1/programs', programBody({ name: { en: 'a\u0000', fr: 'b' } }), 'name.en'],
    ['POST', '/v1/programs', programBody({ colour: 'red' }), 'colour'],
    ['GET', '/v1/holidays?province=AB&year=2027', '', 'province'],
    ['GET', '/v1/holidays?province=BC', '', 'year'],
    ['GET', '/v1/programs/standard?version=0', '', 'version'],
    ['GET', '/v1/clinics?cursor=nonsense', '', 'cursor'],
  ]
  await t.test('what is wrong is a 400 that names the field', async (t) => {
    for (const [method, path, body, field, message] of bad) {
      const { status, json } = await api(method, path, body === '' ? undefined : body)
      const found = json.errors?.find((e: Json) => e.path === field)
      t.equal(status, 400, `${method} ${path} ${field}`)
      t.match(found?.message ?? JSON.stringify(json), message ?? /./, `${path} names ${field}`)
      t.ok(found, `${method} ${path}: ${JSON.stringify(json.errors)} has ${field}`)
    }
  })

  const missing: [string, string, object?][] = [
    ['GET', '/v1/clinics/nowhere'],
    ['GET', `/v1/clinics/${NOWHERE}`],
    ['GET', '/v1/clinics/%00'],
    ['PATCH', '/v1/clinics/nowhere', { phone: '1' }],
    ['GET', '/v1/clinics/nowhere/rooms'],
    ['POST', '/v1/clinics/nowhere/rooms', { name: 'x', kind: 'group' }],
    ['PATCH', `/v1/rooms/${NOWHERE}`, { name: 'x' }],
    ['GET', '/v1/regions/nowhere'],
    ['GET', '/v1/regions/%00'],
    ['PUT', '/v1/regions/nowhere', { travel: [] }],
    [
      'PUT',
      '/v1/regions/montreal',
      { travel: [{ from: 'nowhere', to: 'montreal-laurier-393', minutes: 1, points: 1 }] },
    ],
    ['GET', `/v1/clinicians/${NOWHERE}`],
    ['GET', '/v1/clinicians/nobody'],
    ['PATCH', `/v1/clinicians/${NOWHERE}`, { displayName: 'x' }],
    ['GET', '/v1/programs/nothing'],
    ['GET', '/v1/programs/%00'],
    ['GET', '/v1/programs/standard?version=9'],
  ]
  await t.test('what is not there is a 404', async (t) => {
    for (const [method, path, body] of missing)
      t.equal((await api(method, path, body)).status, 404, `${method} ${path}`)
  })

  await t.test('who may', async (t) => {
    const scheduler = await as('scheduler', { clinicIds: [laurier.id] })
    const clinician = (await must('GET', '/v1/clinicians?limit=1')).items[0]
    const callers = {
      scheduler,
      clinician: await as('clinician', { clinicianId: clinician.id }),
      reader: await as('integration', { scopes: ['catalogue:read'] }),
      integration: await as('integration', { scopes: ['bookings:read'] }),
      privacy: await as('privacy'),
    }
    const reads = [
      '/v1/clinics',
      `/v1/clinics/${laurier.id}/rooms`,
      '/v1/regions/montreal',
      '/v1/holidays?province=QC&year=2027',
      '/v1/clinicians',
      '/v1/programs/standard',
    ]
    for (const [who, call] of Object.entries(callers))
      for (const path of reads) {
        const want = who === 'privacy' || who === 'integration' ? 403 : 200
        t.equal((await call('GET', path)).status, want, `${who} reads ${path}`)
      }
    const writes: [string, string, object, Record<string, number>][] = [
      ['POST', '/v1/clinics', clinicBody({ slug: 'y' }), { scheduler: 403, clinician: 403, reader: 403 }],
      ['PATCH', '/v1/clinics/montreal-laurier-393', { phone: '1' }, { scheduler: 403, clinician: 403, reader: 403 }],
      ['PUT', '/v1/regions/montreal', { travel: [] }, { scheduler: 403, clinician: 403 }],
      ['POST', '/v1/programs', programBody(), { scheduler: 403, clinician: 403 }],
      ['POST', '/v1/clinicians', clinicianBody(), { scheduler: 201, clinician: 403, reader: 403, privacy: 403 }],
      [
        'POST',
        '/v1/clinics/montreal-laurier-393/rooms',
        { name: 'x', kind: 'group' },
        { scheduler: 201, clinician: 403 },
      ],
      ['POST', '/v1/clinics/toronto-eglinton/rooms', { name: 'x', kind: 'group' }, { scheduler: 404 }],
    ]
    for (const [method, path, body, answers] of writes)
      for (const [who, want] of Object.entries(answers)) {
        const call = callers[who as keyof typeof callers]
        t.equal((await call(method, path, body)).status, want, `${who} ${method} ${path}`)
      }
  })
})
