/**
 * An answer that shows a secret once may have to be given again (Idempotency-Key). Until then it rests encrypted, with a key made of what only
 * the asker has: the bearer token or session, of which the database knows the hash alone. AES-256-GCM.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { sessionSecret } from './session-cookie.ts'

const [IV_BYTES, TAG_BYTES] = [12, 16]

const keyOf = (request: FastifyRequest): Buffer =>
  createHash('sha256')
    .update(`sealed answer ${request.headers.authorization ?? sessionSecret(request) ?? ''}`)
    .digest()

export function sealed(request: FastifyRequest, text: string): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyOf(request), iv)
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64')
}

/** Undefined for whoever holds another credential of the same token: a session that was begun anew. */
export function unsealed(request: FastifyRequest, text: string): string | undefined {
  const bytes = Buffer.from(text, 'base64')
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(request), bytes.subarray(0, IV_BYTES))
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return undefined
  }
}
