/**
 * Guards taken away in the database, one at a time, to show that the invariants see it: each mutant must turn them red. Nothing in the service
 * knows of them: triggers that swallow, a constraint that is gone, a clock that stands still.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { v7 } from 'uuid'
import { TREATMENT } from '../support/staffed-clinic.ts'
import { type Breach, breaches } from './invariants.ts'
import type { Stage } from './stage.ts'
import { ask } from './wire.ts'
import { dayFromToday, type Member, mustOf } from './world.ts'

type Mutant = {
  readonly name: string
  /** The rule that must be found broken. */
  readonly rule: string
  readonly apply: string
  readonly undo: string
  /** What shows it; what it answers counts as found, besides what is stored. */
  readonly act: (stage: Stage, member: Member) => Promise<Breach[]>
}

const swallowing = (table: string, condition: string): Pick<Mutant, 'apply' | 'undo'> => ({
  apply: `create function chaos_mutant() returns trigger language plpgsql as $$ begin return null; end $$;
    create trigger chaos_mutant before insert on ${table} for each row when (${condition}) execute function chaos_mutant()`,
  undo: `drop trigger chaos_mutant on ${table}; drop function chaos_mutant()`,
})

/** What an unlocked writer would do: the same claim once more. */
async function claimTwice({ look }: Stage): Promise<Breach[]> {
  await look((sql) =>
    sql`insert into claim select * from claim where appointment_id is not null limit 1`.catch(() => []),
  )
  return []
}

async function bookAndCancel(stage: Stage, member: Member): Promise<Breach[]> {
  const must = mustOf(stage.first.base, stage.token)
  const { appointments } = await must('POST', `/v1/itineraries/${await proposal(stage, member)}/confirm`, {})
  await must('POST', `/v1/appointments/${appointments.at(-1).id}/cancel`, { by: 'clinic' })
  return []
}

/** A hold that has run out by every honest clock is confirmed all the same. */
async function confirmExpired(stage: Stage, member: Member): Promise<Breach[]> {
  const must = mustOf(stage.first.base, stage.token)
  const id = await proposal(stage, member)
  await must('POST', `/v1/itineraries/${id}/hold`, { ttlSeconds: 1 })
  await pause(1_300)
  const { status, json } = await ask(
    stage.first.base,
    'POST',
    `/v1/itineraries/${id}/confirm`,
    {},
    { token: stage.token },
  )
  return status === 409 && json.code === 'hold-expired'
    ? []
    : [{ rule: 'an expired hold is not confirmed', detail: `${status} ${json?.code ?? ''}` }]
}

async function patientTwice({ first, token, look }: Stage): Promise<Breach[]> {
  const familyName = `Twice ${v7()}`
  const body = { givenName: 'Asked', familyName, province: 'QC', birthDate: '1985-05-05' }
  const key = v7()
  for (let n = 0; n < 2; n++) await ask(first.base, 'POST', '/v1/patients', body, { token, key })
  const [row] = await look(
    (sql) => sql<{ n: number }[]>`select count(*)::int as n from patient where family_name = ${familyName}`,
  )
  return row?.n === 1 ? [] : [{ rule: 'a retried POST takes effect once', detail: `${row?.n} times` }]
}

async function proposal({ first, token }: Stage, { id }: Member): Promise<string> {
  const body = { notBefore: `${dayFromToday(36)}T08:00:00Z`, steps: TREATMENT, limit: 1 }
  const { itineraries } = await mustOf(first.base, token)('POST', `/v1/enrolments/${id}/itineraries`, body)
  return itineraries[0].id
}

/** Sessions read the search path when they begin. */
const STILL = `create function public.clock_timestamp() returns timestamptz language sql as $$ select '2020-01-01'::timestamptz $$;
  alter database postgres set search_path = public, pg_catalog`
const MOVING = `alter database postgres reset search_path; drop function public.clock_timestamp()`

const MUTANTS: readonly Mutant[] = [
  {
    name: 'constraint dropped',
    rule: 'one lane, one claim at a time',
    apply: 'alter table claim drop constraint claim_no_double_booking',
    undo: `delete from claim a using claim b where a.ctid > b.ctid and a.resource_id = b.resource_id and a.lane = b.lane and a.during && b.during;
      alter table claim add constraint claim_no_double_booking primary key (resource_id, lane, during without overlaps)`,
    act: claimTwice,
  },
  {
    name: 'sequence not bumped',
    rule: 'the sequence rises with every change that an invite tells of',
    apply: `create function chaos_mutant() returns trigger language plpgsql as $$ begin new.sequence := old.sequence; return new; end $$;
      create trigger a_chaos_mutant before update on appointment for each row execute function chaos_mutant()`,
    undo: 'drop trigger a_chaos_mutant on appointment; drop function chaos_mutant()',
    act: bookAndCancel,
  },
  {
    name: 'audit skipped',
    rule: 'every revision of an appointment has its audit entry',
    ...swallowing('audit_entry', `new.action = 'cancel'`),
    act: bookAndCancel,
  },
  {
    name: 'events skipped',
    rule: 'every change of an appointment has its event, in order',
    ...swallowing('event', `new.type = 'appointment.cancelled'`),
    act: bookAndCancel,
  },
  {
    name: 'patient’s time not guarded',
    rule: 'a booked visit has its room and the patient’s time',
    ...swallowing('patient_claim', 'true'),
    act: bookAndCancel,
  },
  {
    name: 'answers not kept',
    rule: 'a retried POST takes effect once',
    ...swallowing('idempotency_key', 'true'),
    act: patientTwice,
  },
  {
    name: 'hold expiry ignored',
    rule: 'an expired hold is not confirmed',
    apply: STILL,
    undo: MOVING,
    act: confirmExpired,
  },
]

/**
 * Each action shows nothing on an unharmed database, and its mutant's breach on a harmed one. `members` have nothing booked: two for each mutant.
 * → how many mutants there were; those that were not seen, and what actions showed without one
 */
export async function survivors(
  stage: Stage,
  members: readonly Member[],
  only: readonly string[] = MUTANTS.map(({ name }) => name),
): Promise<{ seen: number; missed: string[] }> {
  const missed: string[] = []
  const mutants = MUTANTS.filter(({ name }) => only.includes(name))
  for (const [n, { name, rule, apply, undo, act }] of mutants.entries()) {
    const [one, other] = members.slice(2 * n, 2 * n + 2)
    if (!one || !other) throw new Error('each mutant needs two members')
    const before = await found(stage)
    const honest = [...(await act(stage, one)), ...(await added(stage, before))]
    for (const breach of honest) missed.push(`without ${name}: ${breach.rule} ${breach.detail}`)
    await change(stage, apply)
    try {
      const shown = [...(await act(stage, other)), ...(await added(stage, before))]
      if (!shown.some((breach) => breach.rule === rule)) missed.push(name)
    } finally {
      await change(stage, undo)
    }
  }
  return { seen: mutants.length, missed }
}

async function change(stage: Stage, text: string): Promise<void> {
  await stage.look((sql) => sql.unsafe(text))
  if (text.includes('search_path')) {
    await stage.look((sql) => endSessions(sql))
    await stage.untilReady(stage.first)
  }
}
const endSessions = (sql: Sql) =>
  sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'throughline'`

const found = ({ look }: Stage): Promise<Breach[]> => look(breaches)
async function added(stage: Stage, before: readonly Breach[]): Promise<Breach[]> {
  return (await found(stage)).filter((b) => !before.some((old) => old.rule === b.rule && old.detail === b.detail))
}
