/** An override names its rules and its reason; rules of safety also need a prescriber's signature (contract.md §2). */
import type { Tx } from '../db/client.ts'
import type { ClinicianId } from '../domain/ids.ts'
import { invalid, notFound, type Refusal } from '../domain/refusal.ts'
import { err, ok, type Result } from '../domain/result.ts'
import * as clinicians from '../repositories/clinicians.ts'

export type Override = {
  readonly rules: string[]
  readonly reason: string
  readonly approvedBy?: ClinicianId | undefined
}

const SIGNED = new Set(['lag', 'span', 'age'])

export async function approved(tx: Tx, override: Override | undefined): Promise<Result<void, Refusal>> {
  if (!override) return ok(undefined)
  const { rules, approvedBy } = override
  if (approvedBy === undefined)
    return rules.some((rule) => SIGNED.has(rule))
      ? err(invalid('override.approvedBy', 'lag, span and age need a prescriber’s id'))
      : ok(undefined)
  const [signer] = await clinicians.withLicences(tx, [approvedBy])
  if (!signer) return err(notFound)
  return signer.roles.includes('prescriber')
    ? ok(undefined)
    : err(invalid('override.approvedBy', 'is not a prescriber'))
}
