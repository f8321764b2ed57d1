/**
 * Esketamine by nose, the maker's induction: twice a week for four weeks, then weekly for four, each dose observed for two hours with the blood
 * pressure taken before and at 40 minutes, and nobody drives before the next day (domain.md §3). Lengths of preparation, review and closing,
 * and how far a week may give, are our own judgement.
 */
import type { Lag, Program, VisitTemplate } from '../domain/program.ts'
import { closing, infoCall, lag, medicalScreening, preparation, roomed, staffed, title, visit } from './visits.ts'

/** A quarter of an hour to measure and give, then the two hours of observation. */
const MINUTES = 135
/** A week, give or take a day for a holiday. */
const WEEKLY = { minDays: 6, maxDays: 8 }
/** Two in a week: a day between them, or most of the week. */
const TWICE_WEEKLY = { minDays: 2, maxDays: 5 }

/** The nurse measures and gives, comes back for the 40 minutes, and lets go; a prescriber supervises several. */
const nasalDose = (n: number, after: Lag[]): VisitTemplate =>
  visit({
    key: `dose-${n}`,
    step: 'experience',
    title: title(`Experience ${n}`, `Expérience ${n}`),
    minutes: MINUTES,
    claims: [
      staffed('nurse', 'nurse', 0, 15),
      staffed('nurse', 'nurse', 45, 60),
      staffed('nurse', 'nurse', 120, MINUTES),
      { ...staffed('prescriber', 'prescriber', 0, MINUTES), mode: 'shared' },
      roomed('dosing', 150),
    ],
    after,
    requires: ['clearance', 'consent', 'escort', 'spravato-enrolment'],
  })

/** Doses 2 to 8: close to the one before, and a week after the one before that. */
const twiceWeekly = (n: number): VisitTemplate =>
  nasalDose(n, [lag(`dose-${n - 1}`, TWICE_WEEKLY), ...(n > 2 ? [lag(`dose-${n - 2}`, WEEKLY)] : [])])

/** Whether it helps is judged after four weeks, before it goes on. */
const review = visit({
  key: 'review',
  step: 'integrate',
  title: title('Review', 'Bilan'),
  minutes: 30,
  modality: ['in-person', 'virtual'],
  claims: [staffed('prescriber', 'prescriber', 0, 30), roomed('consultation', 40)],
  after: [lag('dose-8', { minDays: 1, maxDays: 8 })],
})

export const spravatoInduction: Program = {
  key: 'spravato-induction',
  version: 1,
  name: title('Esketamine induction', 'Induction à l’eskétamine'),
  grid: 15,
  continuity: 'program',
  visits: [
    infoCall,
    medicalScreening,
    preparation(1, [lag('medical-screening', { minDays: 0, maxDays: 30 })]),
    nasalDose(1, [lag('prep-1', { minDays: 1, maxDays: 10 })]),
    ...[2, 3, 4, 5, 6, 7, 8].map(twiceWeekly),
    review,
    nasalDose(9, [lag('dose-8', WEEKLY), lag('review')]),
    ...[10, 11, 12].map((n) => nasalDose(n, [lag(`dose-${n - 1}`, WEEKLY)])),
    closing([lag('dose-12', { minDays: 1, maxDays: 7 })]),
  ],
}
