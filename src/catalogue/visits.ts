/** What the catalogue's programs are made of: claims, lags and visits (domain.md §1). Minutes count from a visit's start, days are local dates. */
import type { Claim, Lag, VisitTemplate } from '../domain/program.ts'

export const title = (en: string, fr: string) => ({ en, fr })
export const lag = (visit: string, between: Omit<Lag, 'visit'> = {}): Lag => ({ visit, ...between })

export const staffed = (as: string, role: Claim['role'], from: number, to: number): Claim => ({
  as,
  role,
  from,
  to,
  mode: 'exclusive',
})
export const roomed = (roomKind: Claim['roomKind'], to: number): Claim => ({
  as: 'room',
  roomKind,
  from: 0,
  to,
  mode: 'exclusive',
})

type Wanted = Pick<VisitTemplate, 'key' | 'step' | 'title' | 'minutes' | 'claims'> & Partial<VisitTemplate>
export const visit = (wanted: Wanted): VisitTemplate => ({
  modality: ['in-person'],
  optional: false,
  repeatable: false,
  after: [],
  requires: [],
  ...wanted,
})

/** One therapist talks with the patient, in a consultation room for ten minutes more, or over video. */
export const conversation = (
  key: string,
  step: VisitTemplate['step'],
  name: Wanted['title'],
  minutes: number,
  after: Lag[],
) =>
  visit({
    key,
    step,
    title: name,
    minutes,
    modality: ['in-person', 'virtual'],
    claims: [{ ...staffed('therapist', 'therapist', 0, minutes), lead: true }, roomed('consultation', minutes + 10)],
    after,
  })

export const infoCall = visit({
  key: 'info-call',
  step: 'connect',
  title: title('Information call', 'Appel d’information'),
  minutes: 15,
  modality: ['phone'],
  claims: [staffed('navigator', 'navigator', 0, 15)],
})

export const medicalScreening = visit({
  key: 'medical-screening',
  step: 'connect',
  title: title('Medical screening', 'Évaluation médicale'),
  minutes: 60,
  modality: ['in-person', 'virtual'],
  claims: [staffed('prescriber', 'prescriber', 0, 60), roomed('consultation', 70)],
  after: [lag('info-call', { minDays: 0, maxDays: 30 })],
})

export const preparation = (n: number, after: Lag[]) =>
  conversation(`prep-${n}`, 'prepare', title(`Preparation ${n}`, `Préparation ${n}`), 50, after)

/** A nurse at both ends, a therapist in between, a prescriber who supervises several; the room turns over for 30 minutes. */
export const dose = (n: number, after: Lag[], alsoRequires: string[] = []) =>
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
export const integration = (n: number) =>
  conversation(`integration-${n}`, 'integrate', title(`Integration ${n}`, `Intégration ${n}`), 90, [
    lag(`dose-${n}`, { minDays: 1, maxMinutes: 1440 }),
  ])

export const closing = (after: Lag[]) => conversation('closing', 'reconnect', title('Closing', 'Clôture'), 50, after)
