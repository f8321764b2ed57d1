/** `/v1/rosters/…`: a clinician's, a clinic's or a room's days, as JSON, as pages to print, as a calendar or as CSV (contract.md §6). */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppointmentStatus } from '../../domain/appointment.ts'
import { AppointmentId, ClinicId, ClinicianId, GroupSessionId, PatientId, RoomId } from '../../domain/ids.ts'
import { ClinicalRole, Modality, Step } from '../../domain/program.ts'
import { initialsOf, type Roster } from '../../domain/roster.ts'
import type { Lang } from '../../domain/time.ts'
import { type ReadRoster, readRoster, type Wanted } from '../../services/read-roster.ts'
import { rosterCalendar } from '../../web/roster-calendar.ts'
import { rosterCsv } from '../../web/roster-csv.ts'
import { rosterPage } from '../../web/roster-page.ts'
import { ROSTER_STYLE } from '../../web/roster-style.ts'
import type { Routes } from '../app-types.ts'
import { acceptedLanguage, asPage } from '../page-reply.ts'
import { orRefuse } from '../problem.ts'
import { asId, IdParams, InstantOut, LocalDate, toWire } from '../wire.ts'

const Span = { start: InstantOut, end: InstantOut }
const RosterOut = z.object({
  date: LocalDate,
  days: z.number().int(),
  timeZone: z.string(),
  subject: z.object({
    kind: z.enum(['clinician', 'clinic', 'room']),
    id: z.guid(),
    displayName: z.string(),
    clinicianId: ClinicianId.optional(),
    clinicId: ClinicId.optional(),
    roomId: RoomId.optional(),
  }),
  entries: z.array(
    z.object({
      appointmentId: AppointmentId.nullable().describe('null: of a group session'),
      group: z.object({ id: GroupSessionId, taken: z.number().int(), seats: z.number().int() }).nullable(),
      ...Span,
      phaseStart: InstantOut,
      phaseEnd: InstantOut,
      visitKey: z.string(),
      step: Step.nullable(),
      title: z.string(),
      patient: z.object({ id: PatientId, displayName: z.string(), language: z.enum(['en', 'fr']) }).nullable(),
      room: z.object({ id: RoomId, name: z.string() }).nullable(),
      clinicId: ClinicId,
      modality: Modality,
      role: ClinicalRole.nullable(),
      supervising: z.boolean(),
      with: z.array(z.object({ role: ClinicalRole, displayName: z.string() })),
      flags: z.array(z.string()),
      status: AppointmentStatus,
    }),
  ),
  shifts: z.array(z.object({ ...Span, clinicId: ClinicId })),
  gaps: z.array(z.object({ ...Span, clinicId: ClinicId })),
})

const FORMATS = ['json', 'html', 'ics', 'csv'] as const
type Format = (typeof FORMATS)[number]
const MEDIA_TYPES: Readonly<Record<string, Format>> = {
  'application/json': 'json',
  'application/*': 'json',
  '*/*': 'json',
  'text/html': 'html',
  'text/*': 'html',
  'text/csv': 'csv',
  'text/calendar': 'ics',
}

const RosterQuery = z.strictObject({
  date: LocalDate.optional().describe('absent: today at the clinic'),
  days: z.coerce.number().int().min(1).max(31).default(1),
  format: z.enum(FORMATS, { error: `must be one of ${FORMATS.join(', ')}` }).optional(),
  names: z
    .enum(['initials', 'full'])
    .optional()
    .describe('absent: full; of a page initials when it is printed; of a calendar initials'),
  lang: z.enum(['en', 'fr']).optional().describe('absent: en; of a page what the browser asks for'),
})
type RosterQuery = z.infer<typeof RosterQuery>

/** What `Accept` likes best of what there is; JSON when it names nothing known. */
function acceptedFormat(accept: string | undefined): Format {
  const wishes = (accept ?? '*/*').split(',').map((wish, order) => {
    const [type = '', ...parameters] = wish.split(';').map((part) => part.trim().toLowerCase())
    const q = Number(parameters.find((p) => p.startsWith('q='))?.slice(2) ?? 1)
    return { type, q: Number.isNaN(q) ? 0 : q, order }
  })
  const known = wishes.filter(({ type, q }) => q > 0 && type in MEDIA_TYPES)
  const [best] = known.sort((a, b) => b.q - a.q || a.order - b.order)
  return MEDIA_TYPES[best?.type ?? ''] ?? 'json'
}

const SUBJECT_KEY = { clinician: 'clinicianId', clinic: 'clinicId', room: 'roomId' } as const

function presentRoster(roster: Roster, names: 'initials' | 'full'): z.infer<typeof RosterOut> {
  const wire = <S extends { start: Roster['shifts'][0]['start']; end: Roster['shifts'][0]['end'] }>(span: S) => ({
    ...span,
    start: toWire(span.start, roster.timeZone),
    end: toWire(span.end, roster.timeZone),
  })
  const { subject } = roster
  return {
    date: roster.date,
    days: roster.days,
    timeZone: roster.timeZone,
    subject: { ...subject, [SUBJECT_KEY[subject.kind]]: subject.id },
    entries: roster.entries.map((entry) => ({
      ...wire(entry),
      phaseStart: toWire(entry.phaseStart, roster.timeZone),
      phaseEnd: toWire(entry.phaseEnd, roster.timeZone),
      patient:
        names === 'full' || !entry.patient
          ? entry.patient
          : { ...entry.patient, displayName: initialsOf(entry.patient.displayName) },
    })),
    shifts: roster.shifts.map(wire),
    gaps: roster.gaps.map(wire),
  }
}

const config = (roles: readonly ('admin' | 'scheduler' | 'clinician' | 'integration')[]) =>
  ({ access: { roles, scope: 'rosters:read', page: 'also' } }) as const
const response = {
  200: {
    description: 'The roster, as `format` or `Accept` asks; JSON by default',
    content: {
      'application/json': { schema: RosterOut },
      'text/html': { schema: z.string() },
      'text/csv': { schema: z.string() },
      'text/calendar': { schema: z.string() },
    },
  },
}
const schema = { tags: ['rosters'], params: IdParams, querystring: RosterQuery, response }

export const rosterRoutes: Routes = (app, deps) => {
  const answer = async (wanted: Wanted, query: RosterQuery, request: FastifyRequest, reply: FastifyReply) => {
    const format = query.format ?? acceptedFormat(request.headers.accept)
    const lang = query.lang ?? (format === 'html' ? acceptedLanguage(request) : 'en')
    const wish = { ...query, lang, byPerson: format === 'html' }
    const read = orRefuse(await readRoster(deps, request.caller, wanted, wish))
    reply.headers({ 'cache-control': 'private, no-store', vary: 'Accept, Accept-Language' })
    return format === 'json'
      ? reply.type('application/json').send(presentRoster(read.roster, query.names ?? 'full'))
      : reply.send(written(format, read, { lang, names: query.names }, reply))
  }
  const written = (
    format: 'html' | 'ics' | 'csv',
    read: ReadRoster,
    { lang, names }: { lang: Lang; names: RosterQuery['names'] },
    reply: FastifyReply,
  ): string => {
    if (format === 'html') {
      asPage(reply, ROSTER_STYLE)
      return rosterPage({ ...read, lang, names: names ?? 'screen', printedAt: deps.now() })
    }
    if (format === 'csv') {
      reply.type('text/csv; charset=utf-8')
      return rosterCsv(read.roster, names ?? 'full')
    }
    reply.type('text/calendar; method=PUBLISH; charset=utf-8')
    return rosterCalendar(read.roster, { lang, names: names ?? 'initials', at: deps.now() })
  }
  app.get(
    '/v1/rosters/clinicians/:id',
    { config: config(['admin', 'scheduler', 'clinician', 'integration']), schema },
    (request, reply) => answer({ clinicianId: asId(ClinicianId, request.params.id) }, request.query, request, reply),
  )
  app.get(
    '/v1/rosters/clinics/:id',
    { config: config(['admin', 'scheduler', 'integration']), schema },
    (request, reply) => answer({ clinic: request.params.id }, request.query, request, reply),
  )
  app.get(
    '/v1/rosters/rooms/:id',
    { config: config(['admin', 'scheduler', 'integration']), schema },
    (request, reply) => answer({ roomId: asId(RoomId, request.params.id) }, request.query, request, reply),
  )
}
