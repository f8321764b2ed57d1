/** One thing's answer carries its revision as a strong ETag; `If-Match` travels with the caller and is judged under the lock (RFC 9110). */
import { entityTag } from '../domain/caller.ts'
import type { App } from './app-types.ts'

const revisionOf = (payload: unknown): number | undefined =>
  typeof payload === 'object' &&
  payload !== null &&
  'id' in payload &&
  'revision' in payload &&
  typeof payload.revision === 'number'
    ? payload.revision
    : undefined

export function tagRevisions(app: App): void {
  app.addHook('preSerialization', async (_request, reply, payload) => {
    const revision = revisionOf(payload)
    if (revision !== undefined) reply.header('etag', entityTag(revision))
    return payload
  })
}
