/** Whom the embedded PostgreSQL runs as: it refuses root, so root lends it an unprivileged account. Reads /etc/passwd and file modes. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

export type Account = { readonly uid: number; readonly gid: number }

/** Undefined: our own. As root: the owner of a cluster that exists, else `postgres`, else `nobody`. */
export function serverAccount(cluster: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  if (existsSync(cluster)) {
    const { uid, gid } = statSync(cluster)
    if (uid !== 0) return { uid, gid }
  }
  const accounts = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8').split('\n') : []
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = accounts.find((line) => line.startsWith(`${name}:`))?.split(':') ?? []
    // macOS writes nobody as -2
    if (uid && gid) return { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }
  }
  return { uid: 65534, gid: 65534 }
}

/** Whether `account` may walk down to `path` and enter (a folder) or execute it (a file), by file modes. */
export function reachable(path: string, account: Account | undefined): boolean {
  if (!account) return true
  for (let at = realpathSync(path); ; at = dirname(at)) {
    const { uid, gid, mode } = statSync(at)
    const execute = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
    if ((mode & execute) === 0) return false
    if (at === dirname(at)) return true
  }
}
