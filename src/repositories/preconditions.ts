/** Preconditions in SQL: never changed, a new one says more. */
import type { Tx } from '../db/client.ts'
import { precondition } from '../db/schema.ts'
import { reading, statement } from '../db/statement.ts'
import type { EnrolmentId } from '../domain/ids.ts'
import { Precondition } from '../domain/precondition.ts'

/** In the order in which they were recorded. */
export const ofEnrolment = (tx: Tx, id: EnrolmentId): Promise<Precondition[]> => OF_ENROLMENT(tx, id)

const { columns, read } = reading(precondition)
const OF_ENROLMENT = statement(
  `select ${columns} from precondition where enrolment_id = $1 order by recorded_at, id`,
  (row) => Precondition.parse(read(row)),
)

export async function insert(tx: Tx, value: Precondition): Promise<void> {
  await tx.insert(precondition).values(value)
}
