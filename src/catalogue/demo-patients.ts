/**
 * The demonstration's patients: who they are, what they wish for, how far they have come. Nobody here exists: everyone is named after a
 * bird. Ages and days count from the day of seeding, so that a demonstration never grows old.
 */
import type { Enrolment } from '../domain/enrolment.ts'
import type { LocalTime } from '../domain/time.ts'

/**
 * `enrolled`: nothing else yet; `screening-booked`: information call and screening are; `cleared`: screened and consenting, unplanned;
 * `proposed`, `held`, `booked`: the rest of the program is; `under-way`, `completed`: begun in the past, which has taken place; `dose-cancelled`:
 * booked, then a dose called off; the two last: screened, not treated.
 */
export type DemoStage =
  | 'enrolled'
  | 'screening-booked'
  | 'cleared'
  | 'proposed'
  | 'held'
  | 'booked'
  | 'under-way'
  | 'completed'
  | 'dose-cancelled'
  | 'not-cleared'
  | 'needs-management'

type Windows = Pick<Enrolment, 'weeklyUnavailable' | 'preferred'>

export type DemoPatient = {
  readonly clinic: string
  readonly givenName: string
  readonly familyName: string
  readonly age: number
  readonly stage: DemoStage
  readonly program: 'standard' | 'introductory'
  /** What letters are in; the languages of care come after it unless `care` names them. */
  readonly language: 'en' | 'fr'
  readonly care?: readonly string[]
  /** Working days from the next one until the program may begin; negative: so many working days ago it could. */
  readonly begins: number
  readonly wishes: Partial<Windows> & {
    /** Family name of the therapist preferred. */
    readonly prefer?: string
    readonly requireGender?: string
    /** Other clinics that will do. */
    readonly also?: readonly string[]
  }
  readonly note?: string
}

const time = (text: string): LocalTime => text as LocalTime
type Day = Enrolment['preferred'][number]['byDay'][number]
const window = (days: string, from: string, to: string): Enrolment['preferred'] => [
  { byDay: days.split(',') as Day[], from: time(from), to: time(to) },
]
const WEEK = 'MO,TU,WE,TH,FR'

type Said = Partial<Pick<DemoPatient, 'program' | 'language' | 'care' | 'begins' | 'wishes' | 'note'>>

const at =
  (clinic: string, language: 'en' | 'fr') =>
  (name: string, age: number, stage: DemoStage, said: Said = {}): DemoPatient => {
    const [givenName = '', familyName = ''] = name.split(' ')
    return { clinic, givenName, familyName, age, stage, program: 'standard', language, begins: 0, wishes: {}, ...said }
  }

const laurier393 = at('montreal-laurier-393', 'fr')
const laurier397 = at('montreal-laurier-397', 'fr')
const sherbrooke = at('montreal-sherbrooke', 'en')
const toronto = at('toronto-eglinton', 'en')
const vancouver = at('vancouver-commercial', 'en')

export const PATIENTS: readonly DemoPatient[] = [
  laurier393('Alice Merle', 34, 'booked', { wishes: { prefer: 'Érable' } }),
  laurier393('Benoît Martinet', 47, 'booked', {
    begins: 4,
    wishes: { weeklyUnavailable: window('WE', '08:00', '12:00') },
  }),
  laurier393('Carmen Golondrina', 29, 'booked', {
    begins: 2,
    care: ['es'],
    note: 'Speaks Spanish; letters in French.',
  }),
  laurier393('Denise Mésange', 68, 'booked', { begins: 6, note: 'Over 65: seen by the prescriber.' }),
  laurier393('Émile Pinson', 41, 'dose-cancelled', { begins: 1 }),
  laurier393('Florence Hirondelle', 38, 'held', { begins: 3, wishes: { requireGender: 'woman' } }),
  laurier393('Gilles Bruant', 52, 'cleared', { wishes: { also: ['montreal-laurier-397'] } }),
  laurier393('Irène Sarcelle', 45, 'enrolled'),
  laurier393('Julien Tarin', 31, 'screening-booked'),

  laurier397('Karine Fauvette', 36, 'booked', { wishes: { prefer: 'Tremble' } }),
  laurier397('Laurent Loriot', 55, 'under-way', { begins: -7 }),
  laurier397('Mireille Caille', 27, 'booked', { program: 'introductory', begins: 2 }),
  laurier397('Normand Geai', 60, 'proposed', { begins: 1 }),
  laurier397('Odette Grive', 43, 'cleared', { wishes: { preferred: window(WEEK, '13:00', '18:00') } }),
  laurier397('Pascal Roselin', 39, 'needs-management', {
    note: 'Comes back once the family physician has treated it.',
  }),
  laurier397('Quentin Courlis', 24, 'enrolled', { program: 'introductory' }),

  sherbrooke('Rachel Wren', 33, 'booked', { care: ['en', 'fr'] }),
  sherbrooke('Samir Faucon', 44, 'booked', { language: 'fr', care: ['fr', 'ar'], begins: 3 }),
  sherbrooke('Tessa Finch', 50, 'booked', {
    begins: 7,
    wishes: { weeklyUnavailable: window('MO,FR', '08:00', '18:00') },
  }),
  sherbrooke('Ursula Heron', 29, 'enrolled', { program: 'introductory' }),
  sherbrooke('Victor Kestrel', 58, 'not-cleared'),
  sherbrooke('Wanda Plover', 37, 'cleared'),
  sherbrooke('Xavier Pluvier', 46, 'screening-booked', { language: 'fr', begins: 1 }),
  sherbrooke('Yvette Alouette', 40, 'enrolled', { language: 'fr' }),

  toronto('Abel Starling', 35, 'booked', { wishes: { prefer: 'Alder' } }),
  toronto('Bridget Swift', 48, 'booked', { begins: 3, wishes: { requireGender: 'woman' } }),
  toronto('Chloé Bécasse', 30, 'booked', { begins: 4, language: 'fr' }),
  toronto('Deepak Lark', 42, 'under-way', { begins: -13, care: ['en', 'hi'] }),
  toronto('Edith Dove', 70, 'cleared', { note: 'Over 65: seen by the prescriber.' }),
  toronto('Felix Thrush', 26, 'booked', { program: 'introductory', begins: 2 }),
  toronto('Gwen Osprey', 53, 'cleared'),
  toronto('Henry Crane', 39, 'held', { begins: 5, wishes: { weeklyUnavailable: window('TU,TH', '08:00', '12:00') } }),
  toronto('Isla Robin', 32, 'enrolled'),

  vancouver('Jasper Jay', 37, 'booked'),
  vancouver('Keiko Sparrow', 45, 'booked', { begins: 2, care: ['en', 'ja'], wishes: { prefer: 'Maple' } }),
  vancouver('Logan Teal', 28, 'completed', { program: 'introductory', begins: -17 }),
  vancouver('Mabel Grebe', 61, 'cleared', { wishes: { preferred: window(WEEK, '09:00', '12:00') } }),
  vancouver('Noël Bernache', 34, 'proposed', { language: 'fr', begins: 1 }),
  vancouver('Opal Loon', 49, 'cleared'),
  vancouver('Perry Tern', 56, 'screening-booked', { begins: 1 }),
  vancouver('Quinn Owl', 22, 'enrolled', { program: 'introductory' }),
]
