/** The administrator's token: ADMIN_TOKEN, or one made once and kept in the data folder for its owner's eyes. */
import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from './config.ts'
import { newToken } from './services/token-hash.ts'

export type AdminToken = {
  readonly text: string
  /** Where to read it; undefined: whoever set ADMIN_TOKEN knows. */
  readonly file: string | undefined
}

export function adminToken({ adminToken: given, dataDir }: Pick<Config, 'adminToken' | 'dataDir'>): AdminToken {
  if (given !== undefined) return { text: given, file: undefined }
  const file = resolve(dataDir, 'admin-token')
  try {
    return { text: read(file) ?? make(file, dataDir), file }
  } catch (thrown) {
    throw new Error(`${file} cannot be kept: set ADMIN_TOKEN or another DATA_DIR`, { cause: thrown })
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined
    throw thrown
  }
}

/** Linked into place whole: of two processes that start at once one wins, and a killed one leaves no half. */
function make(file: string, dataDir: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  const draft = join(dataDir, `admin-token-${randomUUID()}`)
  writeFileSync(draft, `${newToken()}\n`, { mode: 0o600 })
  try {
    linkSync(draft, file)
  } catch (thrown) {
    if (read(file) === undefined) throw thrown
  } finally {
    rmSync(draft)
  }
  return read(file) ?? ''
}
