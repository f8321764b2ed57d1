/** A program template: visits, what each needs and when, lags, span, continuity (domain.md §1). Pure; minutes from a visit's start unless said. */
import { z } from 'zod'
import { Text } from './text.ts'

export const Step = z.enum(['connect', 'prepare', 'experience', 'integrate', 'reconnect'])
export type Step = z.infer<typeof Step>
export const ClinicalRole = z.enum(['therapist', 'nurse', 'prescriber', 'navigator'])
export type ClinicalRole = z.infer<typeof ClinicalRole>
export const RoomKind = z.enum(['consultation', 'dosing', 'group'])
export type RoomKind = z.infer<typeof RoomKind>
export const Modality = z.enum(['in-person', 'virtual', 'phone'])
export type Modality = z.infer<typeof Modality>
export const Route = z.enum(['rdt', 'im', 'iv', 'nasal'])
export type Route = z.infer<typeof Route>

/** Names programs, visits and the parts that people and rooms take in them. */
export const Key = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens')
  .max(60)
const minute = z.int().min(0).max(1440)
const days = z.int().min(0).max(366)
/** A year in minutes. */
const elapsed = z.int().min(0).max(527_040)

/**
 * One part of one resource. Same `as` in a visit: the same person or room; different `as`: different ones.
 * `to` may pass the visit's end (turnover). `lead` marks the claim that continuity binds.
 */
export const Claim = z.strictObject({
  as: Key,
  role: ClinicalRole.optional(),
  roomKind: RoomKind.optional(),
  from: minute,
  to: minute,
  mode: z.enum(['exclusive', 'shared']).default('exclusive'),
  lead: z.boolean().optional(),
})
export type Claim = z.infer<typeof Claim>

/** Start to start in local days, end to start in elapsed minutes; all inclusive; `minMinutes: 0` is implied (domain.md §1). */
export const Lag = z.strictObject({
  visit: Key,
  minDays: days.nullish(),
  maxDays: days.nullish(),
  minMinutes: elapsed.nullish(),
  maxMinutes: elapsed.nullish(),
})
export type Lag = z.infer<typeof Lag>

const Requirement = Text(60)

export const VisitTemplate = z.strictObject({
  key: Key,
  step: Step,
  title: z.strictObject({ en: Text(), fr: Text() }),
  minutes: z.int().min(5).max(720),
  modality: z.array(Modality).min(1),
  optional: z.boolean().default(false),
  repeatable: z.boolean().default(false),
  /** Several patients at once, in a group session that claims people and room for all of them; continuity binds nobody who leads it. */
  group: z.boolean().optional(),
  claims: z.array(Claim).min(1).max(20),
  after: z.array(Lag).max(40).default([]),
  requires: z.array(Requirement).max(20).default([]),
})
export type VisitTemplate = z.infer<typeof VisitTemplate>

const Span = z.strictObject({ from: Key, to: Key, minDays: days, maxDays: days })

export const ProgramDraft = z.strictObject({
  key: Key,
  name: z.strictObject({ en: Text(), fr: Text() }),
  grid: z.literal([5, 10, 15, 20, 30, 60]).default(15),
  span: Span.nullish(),
  continuity: z.enum(['program', 'pair', 'none']).default('program'),
  visits: z.array(VisitTemplate).min(1).max(60),
})
export type ProgramDraft = z.infer<typeof ProgramDraft>

export const Program = ProgramDraft.extend({ version: z.int().min(1) })
export type Program = z.infer<typeof Program>

export const visitOf = (program: Program, visitKey: string): VisitTemplate | undefined =>
  program.visits.find((v) => v.key === visitKey)

/** The claim that continuity binds: the one marked, else the first therapist claim; nobody's in a group. */
export const isLead = (visit: VisitTemplate, claim: Claim): boolean => {
  if (visit.group) return false
  const marked = visit.claims.filter((c) => c.lead)
  if (marked.length > 0) return marked.includes(claim)
  const first = visit.claims.find((c) => c.role === 'therapist')
  return first !== undefined && claim.as === first.as && claim.role === 'therapist'
}
