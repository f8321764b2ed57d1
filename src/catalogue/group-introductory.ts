/**
 * The Introductory program with its Experience in a group: several patients in one room, two who facilitate, a nurse throughout, a prescriber who
 * supervises (domain.md §1; the group's own numbers are our judgement). Who shares the room is a group session's affair: contract.md §5.
 */
import type { Program } from '../domain/program.ts'
import {
  closing,
  infoCall,
  integration,
  lag,
  medicalScreening,
  preparation,
  roomed,
  staffed,
  title,
  visit,
} from './visits.ts'

const MINUTES = 180

const groupDose = visit({
  key: 'dose-1',
  step: 'experience',
  title: title('Experience 1', 'Expérience 1'),
  minutes: MINUTES,
  group: true,
  claims: [
    staffed('nurse', 'nurse', 0, MINUTES),
    staffed('therapist', 'therapist', 0, MINUTES),
    staffed('co-therapist', 'therapist', 0, MINUTES),
    { ...staffed('prescriber', 'prescriber', 0, MINUTES), mode: 'shared' },
    roomed('group', 210),
  ],
  after: [lag('prep-1', { minDays: 1, maxDays: 5 })],
  requires: ['clearance', 'consent', 'escort', 'community-support'],
})

export const groupIntroductory: Program = {
  key: 'group-introductory',
  version: 1,
  name: title('Introductory program in a group', 'Programme d’introduction en groupe'),
  grid: 15,
  span: { from: 'prep-1', to: 'closing', minDays: 7, maxDays: 14 },
  continuity: 'program',
  visits: [
    infoCall,
    medicalScreening,
    preparation(1, [lag('medical-screening', { minDays: 0, maxDays: 30 })]),
    groupDose,
    integration(1),
    closing([lag('integration-1', { minDays: 2, maxDays: 7 })]),
  ],
}
