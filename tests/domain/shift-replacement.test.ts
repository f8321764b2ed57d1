/** What a re-expansion removes and adds: as little as it can, and never anything past. */
import t from 'tap'
import { ClinicId } from '../../src/domain/ids.ts'
import { type HeldShift, replaceFrom } from '../../src/domain/shift-replacement.ts'
import type { Instant } from '../../src/domain/time.ts'

const [A, B] = ['01900000-0000-7000-8000-00000000000a', '01900000-0000-7000-8000-00000000000b'].map((id) =>
  ClinicId.parse(id),
) as [ClinicId, ClinicId]
const NOW = 10 as Instant
/** "A 8-16" is a shift at clinic A. */
const shifts = (text: string): HeldShift[] =>
  text
    .split(', ')
    .filter((part) => part !== '')
    .map((part) => {
      const [clinic, start, end] = part.split(/[ -]/)
      return {
        resourceId: 'r',
        clinicId: clinic === 'A' ? A : B,
        start: Number(start) as Instant,
        end: Number(end) as Instant,
      }
    })
const text = (list: readonly HeldShift[]): string =>
  list
    .toSorted((a, b) => a.start - b.start)
    .map((s) => `${s.clinicId === A ? 'A' : 'B'} ${s.start}-${s.end}`)
    .join(', ')

for (const [why, current, fresh, remove, add] of [
  ['nothing differs, nothing is written', 'A 20-30, A 40-50', 'A 20-30, A 40-50', '', ''],
  ['a row under way that goes on is left alone', 'A 8-16', 'A 10-16', '', ''],
  ['a row under way that ends now keeps its past', 'A 8-16', '', 'A 8-16', 'A 8-10'],
  ['a row under way that ends earlier is one row still', 'A 8-16', 'A 10-12', 'A 8-16', 'A 8-12'],
  ['a row under way that goes on later is cut in two', 'A 8-16', 'A 12-16', 'A 8-16', 'A 8-10, A 12-16'],
  ['a row under way that goes on elsewhere keeps its past', 'A 8-16', 'B 10-16', 'A 8-16', 'A 8-10, B 10-16'],
  ['only what differs is replaced', 'A 20-30, A 40-50', 'A 20-30, A 40-45, A 60-70', 'A 40-50', 'A 40-45, A 60-70'],
  ['the same hours at another clinic are other hours', 'A 20-30', 'B 20-30', 'A 20-30', 'B 20-30'],
  ['from nothing', '', 'A 10-12, A 20-30', '', 'A 10-12, A 20-30'],
] as const)
  t.test(why, async (t) => {
    const replacement = replaceFrom(NOW, shifts(current), shifts(fresh))
    t.equal(text(replacement.remove), remove)
    t.equal(text(replacement.add), add)
  })
