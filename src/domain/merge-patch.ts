/** JSON merge patch (RFC 7396): what is named is changed, null removes, lists are replaced whole. Pure. */
import type { z } from 'zod'
import type { Refusal } from './refusal.ts'
import { err, ok, type Result } from './result.ts'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `undefined` is absent; a patch that is no object replaces the target. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else if (value !== undefined) merged[key] = mergePatch(merged[key], value)
  }
  return merged
}

/** `['visits', 0, 'key']` → `visits[0].key`. */
const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    '',
  )

/** A merged value as the schema reads it, its defaults filled in, or every field that does not fit. */
export function readAs<S extends z.ZodType>(schema: S, merged: unknown): Result<z.output<S>, Refusal> {
  const read = schema.safeParse(merged)
  if (read.success) return ok(read.data)
  return err({
    code: 'validation',
    errors: read.error.issues.map(({ path, message }) => ({ path: pathText(path) || 'body', message })),
  })
}
