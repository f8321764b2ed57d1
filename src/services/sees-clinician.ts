/** Whether a caller may look at a clinician's days: a clinician at their own, others at those of people who work at their clinics. */
import type { Tx } from '../db/client.ts'
import type { Caller } from '../domain/caller.ts'
import type { ClinicianId } from '../domain/ids.ts'
import * as rosters from '../repositories/rosters.ts'

export const seesClinician = async (tx: Tx, caller: Caller, id: ClinicianId): Promise<boolean> =>
  caller.role === 'clinician'
    ? caller.clinicianId === id
    : caller.clinicIds === null || (await rosters.worksAt(tx, id, caller.clinicIds))
