/** The programs that every catalogue begins with: version 1 of both of domain.md §1, and the two that stand in files of their own. */
import type { Program } from '../domain/program.ts'
import { groupIntroductory } from './group-introductory.ts'
import { spravatoInduction } from './spravato-induction.ts'
import { closing, dose, infoCall, integration, lag, medicalScreening, preparation, title } from './visits.ts'

const standard: Program = {
  key: 'standard',
  version: 1,
  name: title('Standard program', 'Programme standard'),
  grid: 15,
  span: { from: 'prep-1', to: 'closing', minDays: 28, maxDays: 42 },
  continuity: 'program',
  visits: [
    infoCall,
    medicalScreening,
    preparation(1, [lag('medical-screening', { minDays: 0, maxDays: 30 })]),
    preparation(2, [lag('prep-1', { minDays: 1, maxDays: 14 })]),
    dose(1, [lag('prep-2', { minDays: 1, maxDays: 10 })]),
    integration(1),
    dose(2, [lag('dose-1', { minDays: 7, maxDays: 14 }), lag('integration-1')]),
    integration(2),
    dose(3, [lag('dose-2', { minDays: 7, maxDays: 14 }), lag('integration-2')]),
    integration(3),
    closing([lag('integration-3', { minDays: 5, maxDays: 14 })]),
  ],
}

const introductory: Program = {
  key: 'introductory',
  version: 1,
  name: title('Introductory program', 'Programme d’introduction'),
  grid: 15,
  span: { from: 'prep-1', to: 'closing', minDays: 7, maxDays: 14 },
  continuity: 'program',
  visits: [
    infoCall,
    medicalScreening,
    preparation(1, [lag('medical-screening', { minDays: 0, maxDays: 30 })]),
    dose(1, [lag('prep-1', { minDays: 1, maxDays: 5 })], ['community-support']),
    integration(1),
    closing([lag('integration-1', { minDays: 2, maxDays: 7 })]),
  ],
}

export const PROGRAMS: readonly Program[] = [standard, introductory, groupIntroductory, spravatoInduction]
