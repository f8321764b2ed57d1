/** A POST under an Idempotency-Key while its connection dies at one of five points, asked again until it is answered: one effect, one answer. */
import { setTimeout as pause } from 'node:timers/promises'
import { v7 } from 'uuid'
import type { Breach } from './invariants.ts'
import type { CutPoint } from './proxy.ts'
import type { Stage } from './stage.ts'
import { ask } from './wire.ts'

const POINTS: readonly (CutPoint | 'reply')[] = ['begin', 'savepoint', 'commit', 'commit-answer', 'reply']
/** Milliseconds. */
const PATIENCE = 20_000
const GONE_BEFORE_THE_REPLY = 12

/** → what went wrong; `lost`: answers that the cuts cost, which shows that they cut */
export async function cutAround(stage: Stage, count: number): Promise<{ breaches: Breach[]; lost: number }> {
  const { second, proxy, token } = stage
  const breaches: Breach[] = []
  let lost = 0
  const names: string[] = []
  for (let n = 0; n < count; n++) {
    const point = POINTS[n % POINTS.length] ?? 'reply'
    const familyName = `Cut ${v7()}`
    names.push(familyName)
    const body = { givenName: point, familyName, province: 'QC', birthDate: '1985-05-05' }
    const key = v7()
    const cut = point === 'reply' ? undefined : proxy.cutNext(point)
    const began = performance.now()
    const ids = new Set<string>()
    for (let tries = 0; ; tries++) {
      const timeout = point === 'reply' && tries === 0 ? GONE_BEFORE_THE_REPLY : PATIENCE
      const { status, json } = await ask(second.base, 'POST', '/v1/patients', body, { token, key, timeout })
      if (status === 201) ids.add(json.id)
      // asked once more after its answer: the answer again, not another effect
      if (status === 201 && tries > 0) break
      if (status === 0 || status === 503) lost++
      else if (status !== 201 && json?.code !== 'idempotency-in-progress') {
        breaches.push({ rule: 'a retried POST takes effect once', detail: `${point}: ${status} ${json?.code}` })
        break
      }
      if (performance.now() - began > PATIENCE) {
        breaches.push({ rule: 'a retried POST is answered in the end', detail: `${point}: ${status}` })
        break
      }
      await pause(5)
    }
    if (ids.size > 1) breaches.push({ rule: 'a retried POST has one answer', detail: `${point}: ${[...ids]}` })
    cut?.forget()
  }
  const stored = await stage.look(
    (sql) => sql<{ name: string; n: number }[]>`
      select family_name as name, count(*)::int as n from patient where family_name in ${sql(names)} group by 1`,
  )
  const times = new Map(stored.map(({ name, n }) => [name, n]))
  for (const [n, name] of names.entries())
    if (times.get(name) !== 1)
      breaches.push({
        rule: 'a retried POST takes effect once',
        detail: `${POINTS[n % POINTS.length]}: ${times.get(name) ?? 0} times`,
      })
  return { breaches, lost }
}
