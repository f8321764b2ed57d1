/** How a bearer token is made, and what is stored of it: its SHA-256. 256 random bits need no salt and no slow hash. */
import { createHash, randomBytes } from 'node:crypto'

export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest()

/** The prefix lets secret scanners know one when they see it. */
export const newToken = (): string => `tl_${randomBytes(32).toString('base64url')}`
