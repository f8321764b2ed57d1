/** Itineraries in SQL. `expired` is judged by the database's clock, never stored. */
import { eq, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantFromText, instantText } from '../db/range.ts'
import { itinerary, planningProblem } from '../db/schema.ts'
import { reading, statement } from '../db/statement.ts'
import type { Caller } from '../domain/caller.ts'
import type { EnrolmentId, ItineraryId, PatientId } from '../domain/ids.ts'
import type { Itinerary, ItineraryStatus } from '../domain/itinerary.ts'
import type { Instant } from '../domain/time.ts'
import { enrolmentVisible } from './scope.ts'

/** An itinerary with what only bookings need: who holds it, and the rules set aside when it was planned. */
export type StoredItinerary = Itinerary & {
  readonly problemId: string | null
  readonly heldBy: string | null
  readonly override: Override | null
}
export type Override = { rules: string[]; reason: string; approvedBy: string | null }

type Row = typeof itinerary.$inferSelect & { live: boolean }

const { columns, read } = reading(itinerary)
const LIVE = '(itinerary.expires_at is null or itinerary.expires_at > clock_timestamp())'
const SELECT = `select ${columns}, ${LIVE} as live`
const BY_ID = statement(`${SELECT} from itinerary where id = $1`, fromRow)
const LIVE_HOLD = statement(
  `${SELECT} from itinerary where enrolment_id = $1 and status = 'held' and expires_at > clock_timestamp()`,
  fromRow,
)

function fromRow<More>(stored: Row & More): StoredItinerary & More {
  const { live, createdAt, lapseTold, heldByToken, ...row } = read<Row & More>(stored)
  const ended = (row.status === 'proposed' || row.status === 'held') && !live
  return { ...row, status: ended ? 'expired' : row.status } as unknown as StoredItinerary & More
}

/** With whose it is. */
export type SeenItinerary = StoredItinerary & { readonly patientId: PatientId }

export async function visibleById(tx: Tx, caller: Caller, id: ItineraryId): Promise<SeenItinerary | undefined> {
  const [row] = await tx.execute<Row & Pick<SeenItinerary, 'patientId'>>(sql`
    ${sql.raw(SELECT)}, enrolment.patient_id as "patientId"
    from itinerary join enrolment on enrolment.id = itinerary.enrolment_id
    where itinerary.id = ${id} and ${enrolmentVisible(caller)}`)
  return row && fromRow(row)
}

/** The state under the enrolment's lock: what was read before it may have changed. */
export const current = async (tx: Tx, id: ItineraryId): Promise<StoredItinerary | undefined> => (await BY_ID(tx, id))[0]

/** The live hold of an enrolment, if any. */
export const liveHold = async (tx: Tx, enrolmentId: EnrolmentId): Promise<StoredItinerary | undefined> =>
  (await LIVE_HOLD(tx, enrolmentId))[0]

/** Live holds of a token, and of a patient over all enrolments. */
export async function countHolds(
  tx: Tx,
  tokenId: string,
  patientId: string,
): Promise<{ token: number; patient: number }> {
  const [row] = (await tx.execute(sql`
    select count(*) filter (where i.held_by_token = ${tokenId}::uuid)::int as token,
      count(*) filter (where e.patient_id = ${patientId}::uuid)::int as patient
    from itinerary i join enrolment e on e.id = i.enrolment_id
    where i.status = 'held' and i.expires_at > clock_timestamp()`)) as unknown as { token: number; patient: number }[]
  return row ?? { token: 0, patient: 0 }
}

const INSERT_PROBLEM = statement('insert into planning_problem (id, body, created_at) values ($1, $2, $3)')

export async function insertProblem(tx: Tx, id: string, body: unknown, createdAt: Instant): Promise<void> {
  await INSERT_PROBLEM(tx, id, JSON.stringify(body), instantText(createdAt))
}

/** With the best of the itineraries that solve it: the first that was stored. */
export async function problemOf(tx: Tx, id: string): Promise<{ body: unknown; bestId: string } | undefined> {
  const [row] = await tx
    .select({
      body: planningProblem.body,
      bestId: sql<string>`(select min(i.id::text) from itinerary i where i.problem_id = ${planningProblem.id})`,
    })
    .from(planningProblem)
    .where(eq(planningProblem.id, id))
  return row
}

/** `pair` where a handover was allowed. */
export async function plannedContinuity(tx: Tx, problemId: string, programKey: string): Promise<string | null> {
  const [row] = await tx
    .select({ continuity: sql<string | null>`${planningProblem.body} #>> ${`{protocols,${programKey},continuity}`}` })
    .from(planningProblem)
    .where(eq(planningProblem.id, problemId))
  return row?.continuity ?? null
}

/** Proposals last `ttlSeconds` from now by the database's clock. Answers with when each ends. */
export async function insertProposals(
  tx: Tx,
  proposals: readonly (Pick<Itinerary, 'id' | 'enrolmentId' | 'cost' | 'visits'> & { override: Override | null })[],
  problemId: string,
  ttlSeconds: number,
  createdAt: Instant,
): Promise<Instant | null> {
  if (proposals.length === 0) return null
  const [row] = await INSERT_PROPOSALS(tx, JSON.stringify(proposals), problemId, ttlSeconds, instantText(createdAt))
  return row ?? null
}

const INSERT_PROPOSALS = statement(
  `insert into itinerary (id, enrolment_id, problem_id, status, expires_at, cost, visits, override, created_at)
  select id, "enrolmentId", $2::uuid, 'proposed', clock_timestamp() + make_interval(secs => $3::float8), cost, visits, override, $4::timestamptz
  from jsonb_to_recordset($1::jsonb) as p(id uuid, "enrolmentId" uuid, cost jsonb, visits jsonb, override jsonb)
  returning expires_at as "expiresAt"`,
  ({ expiresAt }: { expiresAt: string }) => instantFromText(expiresAt),
)

/** `lapsed`: an earlier hold of it had run out, and nobody had told yet. */
export async function setHeld(
  tx: Tx,
  id: ItineraryId,
  holder: { userId: string; tokenId: string },
  ttlSeconds: number,
): Promise<{ expiresAt: Instant; lapsed: boolean }> {
  const [row] = await tx.execute<{ expires: string; lapsed: boolean }>(sql`
    update itinerary set status = 'held', lapse_told = false, held_by = ${holder.userId}::uuid, held_by_token = ${holder.tokenId}::uuid,
      expires_at = greatest(clock_timestamp() + make_interval(secs => ${ttlSeconds}),
        case when status = 'held' and expires_at > clock_timestamp() then expires_at end)
    where id = ${id}::uuid
    returning expires_at as expires, old.status = 'held' and not old.lapse_told and old.expires_at <= clock_timestamp() as lapsed`)
  if (!row) throw new Error('an itinerary that is not there')
  return { expiresAt: instantFromText(row.expires), lapsed: row.lapsed }
}

export async function setStatus(
  tx: Tx,
  ids: readonly string[],
  status: Exclude<ItineraryStatus, 'expired' | 'proposed' | 'held'>,
): Promise<void> {
  if (ids.length > 0) await SET_STATUS(tx, status, ids)
}

const SET_STATUS = statement('update itinerary set status = $1, expires_at = null where id = any($2::uuid[])')

/** Proposals that lapsed a day ago and were never taken, and problems that no itinerary points at any more. */
export async function deleteLapsedProposals(tx: Tx): Promise<void> {
  await tx.execute(sql`
    delete from itinerary where status = 'proposed' and expires_at < clock_timestamp() - interval '1 day'`)
  await tx.execute(sql`
    delete from planning_problem p where p.created_at < clock_timestamp() - interval '1 day'
      and not exists (select from itinerary i where i.problem_id = p.id)`)
}

/** Proposals of an enrolment that has changed under them can no longer be taken. */
export async function releaseProposals(tx: Tx, enrolmentId: EnrolmentId): Promise<void> {
  await tx.execute(sql`
    update itinerary set status = 'released', expires_at = null where enrolment_id = ${enrolmentId} and status = 'proposed'`)
}
