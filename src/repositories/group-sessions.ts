/** Group sessions and their staff in SQL, with the claims that guard them: `claim_no_double_booking`, `claim_within_availability`. */
import { and, asc, eq, getTableColumns, gt, inArray, lt, or, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/client.ts'
import { instantText } from '../db/range.ts'
import { clinic, groupSession, groupStaff } from '../db/schema.ts'
import type { Caller } from '../domain/caller.ts'
import type { GroupSession, GroupStatus } from '../domain/group-session.ts'
import type { ClinicId, GroupSessionId } from '../domain/ids.ts'
import type { Participant } from '../domain/itinerary.ts'
import type { Instant } from '../domain/time.ts'
import type { LanedClaim } from './claims.ts'
import { sessionVisible } from './scope.ts'

const taken = sql<number>`(
  select count(*)::int from group_member m where m.session_id = ${groupSession.id} and m.status = 'seated')`

const select = (tx: Tx) =>
  tx
    .select({ ...getTableColumns(groupSession), timeZone: clinic.timeZone, taken })
    .from(groupSession)
    .innerJoin(clinic, eq(clinic.id, groupSession.clinicId))

type Row = typeof groupSession.$inferSelect & { timeZone: string; taken: number }

async function complete(tx: Tx, rows: readonly Row[]): Promise<GroupSession[]> {
  const ids = rows.map(({ id }) => id)
  const parts =
    ids.length === 0
      ? []
      : await tx
          .select()
          .from(groupStaff)
          .where(inArray(groupStaff.sessionId, ids))
          .orderBy(groupStaff.sessionId, groupStaff.ordinal)
  return rows.map(({ cancellation: _, createdAt: _c, updatedAt: _u, ...row }) => ({
    ...row,
    staff: parts.flatMap(({ sessionId, ordinal: _o, ...part }) => (sessionId === row.id ? [part as Participant] : [])),
  })) as unknown as GroupSession[]
}

const one = async (tx: Tx, rows: Promise<Row[]>): Promise<GroupSession | undefined> =>
  (await complete(tx, await rows))[0]

export const byId = (tx: Tx, id: GroupSessionId) => one(tx, select(tx).where(eq(groupSession.id, id)))

export const visibleById = (tx: Tx, caller: Caller, id: GroupSessionId) =>
  one(tx, select(tx).where(and(eq(groupSession.id, id), sessionVisible(caller))))

/** Read under the lock of its row, which every joining, leaving and cancelling takes: after the patient, before any resource. */
export async function lockVisible(tx: Tx, caller: Caller, id: GroupSessionId): Promise<GroupSession | undefined> {
  const rows = await tx
    .select({ id: groupSession.id })
    .from(groupSession)
    .where(and(eq(groupSession.id, id), sessionVisible(caller)))
    .for('no key update')
  return rows[0] && byId(tx, id)
}

export type SessionsPage = {
  readonly clinicId: ClinicId | undefined
  readonly from: Instant | undefined
  readonly to: Instant | undefined
  readonly limit: number
  readonly after: { readonly start: Instant; readonly id: string } | undefined
}

/** By start; cancelled ones too. */
export async function list(tx: Tx, caller: Caller, page: SessionsPage): Promise<GroupSession[]> {
  const { clinicId, from, to, limit, after } = page
  const conditions: (SQL | undefined)[] = [
    sessionVisible(caller),
    clinicId && eq(groupSession.clinicId, clinicId),
    from === undefined ? undefined : gt(groupSession.end, from),
    to === undefined ? undefined : lt(groupSession.start, to),
    after &&
      or(gt(groupSession.start, after.start), and(eq(groupSession.start, after.start), gt(groupSession.id, after.id))),
  ]
  const rows = await select(tx)
    .where(and(...conditions))
    .orderBy(asc(groupSession.start), asc(groupSession.id))
    .limit(limit)
  return complete(tx, rows)
}

type NewSession = Omit<GroupSession, 'timeZone' | 'taken' | 'revision'>

/** With their staff. */
export async function insert(tx: Tx, sessions: readonly NewSession[], at: Instant): Promise<void> {
  await tx
    .insert(groupSession)
    .values(sessions.map(({ staff: _, ...session }) => ({ ...session, createdAt: at, updatedAt: at })))
  await insertStaff(tx, sessions)
}

const insertStaff = (tx: Tx, sessions: readonly Pick<GroupSession, 'id' | 'staff'>[]) =>
  tx
    .insert(groupStaff)
    .values(sessions.flatMap(({ id, staff }) => staff.map((part, ordinal) => ({ ...part, sessionId: id, ordinal }))))

/** To another time, room or staff; scheduled again. Its claims are another matter. */
export async function move(tx: Tx, session: GroupSession, at: Instant): Promise<void> {
  const { id, start, end, roomId } = session
  await tx
    .update(groupSession)
    .set({ start, end, roomId, status: 'scheduled', updatedAt: at, revision: sql`${groupSession.revision} + 1` })
    .where(eq(groupSession.id, id))
  await tx.delete(groupStaff).where(eq(groupStaff.sessionId, id))
  await insertStaff(tx, [session])
}

const uuids = (list: readonly string[]) => sql`${sql.param([...list])}::uuid[]`
const iso = (list: readonly Instant[]) => sql`${sql.param(list.map(instantText))}::timestamptz[]`

/** Lanes per resource, locked in id order against other writers; what has expired there is gone. */
export async function lockResources(tx: Tx, ids: readonly string[]): Promise<Map<string, number>> {
  const wanted = uuids([...new Set(ids)])
  const rows = await tx.execute<{ id: string; lanes: number }>(
    sql`select id, lanes from resource where id = any(${wanted}) order by id for no key update`,
  )
  await tx.execute(sql`delete from claim where resource_id = any(${wanted}) and expires_at <= clock_timestamp()`)
  return new Map(rows.map((r) => [r.id, r.lanes]))
}

/** All claims of all sessions in one statement. */
export async function insertClaims(
  tx: Tx,
  claims: readonly (LanedClaim & { readonly sessionId: string })[],
): Promise<void> {
  await tx.execute(sql`
    insert into claim (resource_id, lane, clinic_id, during, visit_key, dose, session_id)
    select resource_id, lane, clinic_id, tstzrange(starts, ends, '[)'), visit_key, dose = 1, session_id
    from unnest(${uuids(claims.map((c) => c.resourceId))}, ${sql.param(claims.map((c) => c.lane))}::smallint[],
      ${uuids(claims.map((c) => c.clinicId))}, ${iso(claims.map((c) => c.start))}, ${iso(claims.map((c) => c.end))},
      ${sql.param(claims.map((c) => c.visitKey))}::text[], ${sql.param(claims.map((c) => Number(c.dose)))}::smallint[],
      ${uuids(claims.map((c) => c.sessionId))})
      as u(resource_id, lane, clinic_id, starts, ends, visit_key, dose, session_id)`)
}

/** Frees everything that it takes of people and rooms. */
export const releaseClaims = async (tx: Tx, id: GroupSessionId): Promise<void> => {
  await tx.execute(sql`delete from claim where session_id = ${id}`)
}

export async function setStatus(
  tx: Tx,
  ids: readonly string[],
  status: GroupStatus,
  at: Instant,
  cancellation: { readonly reason: string | null } | null = null,
): Promise<void> {
  await tx
    .update(groupSession)
    .set({ status, cancellation, updatedAt: at, revision: sql`${groupSession.revision} + 1` })
    .where(inArray(groupSession.id, [...ids]))
}

/** A change of who sits there is a change of the session. */
export const touch = async (tx: Tx, id: GroupSessionId, at: Instant): Promise<void> => {
  await tx
    .update(groupSession)
    .set({ updatedAt: at, revision: sql`${groupSession.revision} + 1` })
    .where(eq(groupSession.id, id))
}
