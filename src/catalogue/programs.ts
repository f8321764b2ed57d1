/** Both programs, version 1, exactly as domain.md §1 tells them. Minutes count from a visit's start, days are local dates. */
import type { Claim, Lag, Program, VisitTemplate } from '../domain/program.ts'

const title = (en: string, fr: string) => ({ en, fr })
const lag = (visit: string, between: Omit<Lag, 'visit'> = {}): Lag => ({ visit, ...between })

const staffed = (as: string, role: Claim['role'], from: number, to: number): Claim => ({
  as,
  role,
  from,
  to,
  mode: 'exclusive',
})
const roomed = (roomKind: Claim['roomKind'], to: number): Claim => ({
  as: 'room',
  roomKind,
  from: 0,
  to,
  mode: 'exclusive',
})

type Wanted = Pick<VisitTemplate, 'key' | 'step' | 'title' | 'minutes' | 'claims'> & Partial<VisitTemplate>
const visit = (wanted: Wanted): VisitTemplate => ({
  modality: ['in-person'],
  optional: false,
  repeatable: false,
  after: [],
  requires: [],
  ...wanted,
})

/** One therapist talks with the patient, in a consultation room for ten minutes more, or over video. */
const conversation = (key: string, step: VisitTemplate['step'], name: Wanted['title'], minutes: number, after: Lag[]) =>
  visit({
    key,
    step,
    title: name,
    minutes,
    modality: ['in-person', 'virtual'],
    claims: [{ ...staffed('therapist', 'therapist', 0, minutes), lead: true }, roomed('consultation', minutes + 10)],
    after,
  })

const infoCall = visit({
  key: 'info-call',
  step: 'connect',
  title: title('Information call', 'Appel d’information'),
  minutes: 15,
  modality: ['phone'],
  claims: [staffed('navigator', 'navigator', 0, 15)],
})

const medicalScreening = visit({
  key: 'medical-screening',
  step: 'connect',
  title: title('Medical screening', 'Évaluation médicale'),
  minutes: 60,
  modality: ['in-person', 'virtual'],
  claims: [staffed('prescriber', 'prescriber', 0, 60), roomed('consultation', 70)],
  after: [lag('info-call', { minDays: 0, maxDays: 30 })],
})

const preparation = (n: number, after: Lag[]) =>
  conversation(`prep-${n}`, 'prepare', title(`Preparation ${n}`, `Préparation ${n}`), 50, after)

/** A nurse at both ends, a therapist in between, a prescriber who supervises several; the room turns over for 30 minutes. */
const dose = (n: number, after: Lag[], alsoRequires: string[] = []) =>
  visit({
    key: `dose-${n}`,
    step: 'experience',
    title: title(`Experience ${n}`, `Expérience ${n}`),
    minutes: 150,
    claims: [
      staffed('nurse', 'nurse', 0, 30),
      staffed('nurse', 'nurse', 120, 150),
      { ...staffed('therapist', 'therapist', 15, 150), lead: true },
      { ...staffed('prescriber', 'prescriber', 0, 150), mode: 'shared' },
      roomed('dosing', 180),
    ],
    after,
    requires: ['clearance', 'consent', 'escort', ...alsoRequires],
  })

/** Within 24 h of the dose's end, and not on its day: nobody drives that day. */
const integration = (n: number) =>
  conversation(`integration-${n}`, 'integrate', title(`Integration ${n}`, `Intégration ${n}`), 90, [
    lag(`dose-${n}`, { minDays: 1, maxMinutes: 1440 }),
  ])

const closing = (after: Lag[]) => conversation('closing', 'reconnect', title('Closing', 'Clôture'), 50, after)

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

export const PROGRAMS: readonly Program[] = [standard, introductory]
