/** What is stored of a bearer token: its SHA-256. Tokens have 256 random bits, so no salt and no slow hash are needed. Pure. */
import { createHash } from 'node:crypto'

export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest()
