/** Bodies of POST and PATCH from a draft's schema: what has a default, and in a patch everything, may be absent or null (contract.md §2). */
import { z } from 'zod'

type Mode = 'draft' | 'patch'

/** The draft, before its defaults are filled in: those are the use case's to know. */
export const draftBody = (draft: z.ZodObject) => z.strictObject(fields(draft, 'draft'))

/** An RFC 7396 merge patch of the draft. */
export const patchBody = (draft: z.ZodObject) => z.strictObject(fields(draft, 'patch'))

const fields = (object: z.ZodObject, mode: Mode): Record<string, z.ZodType> =>
  Object.fromEntries(Object.entries(object.shape).map(([name, schema]) => [name, field(schema as z.ZodType, mode)]))

function field(schema: z.ZodType, mode: Mode): z.ZodType {
  const { inner, optional } = bare(schema)
  const open = opened(inner, mode)
  return optional || mode === 'patch' ? open.nullish() : open
}

/** Without its defaults: they would fill in what a patch does not name. */
function bare(schema: z.ZodType): { inner: z.ZodType; optional: boolean } {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodNullable)
    return { inner: bare(schema.unwrap() as z.ZodType).inner, optional: true }
  return { inner: schema, optional: false }
}

function opened(schema: z.ZodType, mode: Mode): z.ZodType {
  if (schema instanceof z.ZodObject) return z.strictObject(fields(schema, mode))
  if (!(schema instanceof z.ZodRecord)) return schema
  const value = (schema.valueType as z.ZodType).nullable()
  return schema.keyType instanceof z.ZodEnum
    ? z.partialRecord(schema.keyType, value)
    : z.record(schema.keyType as z.ZodString, value)
}
