/** The Standard and Introductory programs, without their information call, as the planner's file writes them. */
import type { Need, Protocol } from '../../src/planner/problem.ts'

const person = (to: number): Need => ({ roles: ['therapist'], as: 'therapist', lead: true, from: 0, to })
const room = (kind: string, to: number): Need => ({ roles: [kind], from: 0, to })
export const talk = (id: string, dur: number, remote: boolean): Protocol['visits'][number] => ({
  id,
  dur,
  startSet: dur > 60 ? 'long' : 'consult',
  ...(remote ? { remote: 'may' as const } : {}),
  needs: [person(dur), room('consult', dur + 10)],
})
export const dose = (id: string): Protocol['visits'][number] => ({
  id,
  dur: 150,
  dose: true,
  startSet: 'dosing',
  needs: [
    { roles: ['nurse'], as: 'nurse', from: 0, to: 30 },
    { roles: ['nurse'], as: 'nurse', from: 120, to: 150 },
    { roles: ['therapist'], as: 'therapist', lead: true, from: 15, to: 150 },
    { roles: ['supervision'], as: 'prescriber', from: 0, to: 150 },
    room('dosing', 180),
  ],
})
const NEXT_DAY = { minDays: 1, maxMin: 1440 }

/** Both programs; `remote` lets the conversations be remote. */
export function programs(remote: boolean, continuity: 'program' | 'pair'): Record<string, Protocol> {
  const screening: Protocol['visits'][number] = {
    id: 'medical-screening',
    dur: 60,
    startSet: 'consult',
    ...(remote ? { remote: 'may' } : {}),
    needs: [{ roles: ['prescriber'], from: 0, to: 60 }, room('consult', 70)],
  }
  const prep = (n: number) => talk(`prep-${n}`, 50, remote)
  const integration = (n: number) => talk(`integration-${n}`, 90, remote)
  return {
    standard: {
      visits: [
        ...[screening, prep(1), prep(2)],
        ...[1, 2, 3].flatMap((n) => [dose(`dose-${n}`), integration(n)]),
        talk('closing', 50, remote),
      ],
      lags: [
        { from: 0, to: 1, maxDays: 30 },
        { from: 1, to: 2, minDays: 1, maxDays: 14 },
        { from: 2, to: 3, minDays: 1, maxDays: 10 },
        ...[3, 5, 7].map((from) => ({ from, to: from + 1, ...NEXT_DAY })),
        ...[3, 5].flatMap((from) => [
          { from, to: from + 2, minDays: 7, maxDays: 14 },
          { from: from + 1, to: from + 2 },
        ]),
        { from: 8, to: 9, minDays: 5, maxDays: 14 },
      ],
      span: { from: 1, minDays: 28, maxDays: 42 },
      continuity,
    },
    introductory: {
      visits: [screening, prep(1), dose('dose-1'), integration(1), talk('closing', 50, remote)],
      lags: [
        { from: 0, to: 1, maxDays: 30 },
        { from: 1, to: 2, minDays: 1, maxDays: 5 },
        { from: 2, to: 3, ...NEXT_DAY },
        { from: 3, to: 4, minDays: 2, maxDays: 7 },
      ],
      span: { from: 1, minDays: 7, maxDays: 14 },
      continuity,
    },
  }
}
