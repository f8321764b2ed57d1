/** One resource's shifts and taken time, as reading it packs them. Pure values. Minutes since 1970 UTC; shifts rounded inwards, busy time outwards. */
import type { ClinicId } from './ids.ts'

export type BusyTime = {
  readonly start: number
  readonly end: number
  /** The first claim of a dose: it counts towards the clinician's doses of the day. */
  readonly dose: boolean
  /** Of the enrolment that is being planned: taken, but no load. */
  readonly own: boolean
}
export type Calendar = {
  readonly resourceId: string
  readonly shifts: readonly (readonly [start: number, end: number, clinicId: ClinicId])[]
  readonly busy: readonly BusyTime[]
}
