/**
 * The demonstration's staff at each clinic: roles, languages, licences, weekly shifts. Nobody here exists: everyone is named after a tree.
 * Whoever leads doses works at least two consecutive days, for each dose is followed up on the next day. Colleges are the provinces' own.
 */
import type { ClinicalRole } from '../domain/program.ts'
import type { CanadianProvince } from '../domain/province.ts'

/** Local wall time at the clinic, every week on these days. */
export type DemoShift = { readonly clinic: string; readonly days: string; readonly from: string; readonly to: string }
export type DemoClinician = {
  readonly givenName: string
  readonly familyName: string
  readonly gender: string
  readonly roles: readonly ClinicalRole[]
  readonly languages: readonly string[]
  readonly licences: readonly { readonly province: CanadianProvince; readonly college: string }[]
  readonly shifts: readonly DemoShift[]
}

const WEEK = 'MO,TU,WE,TH,FR'

const at = (clinic: string, days: string, from: string, to: string): DemoShift => ({ clinic, days, from, to })

/** `name`: given and family name. `licences`: `QC OPQ`; navigators need none (domain.md §2). */
function one(
  role: ClinicalRole,
  name: string,
  gender: string,
  languages: string,
  licences: readonly string[],
  ...shifts: DemoShift[]
): DemoClinician {
  const [givenName = '', familyName = ''] = name.split(' ')
  return {
    givenName,
    familyName,
    gender,
    roles: [role],
    languages: languages.split(' '),
    licences: licences.map((text) => {
      const [province, college = ''] = text.split(' ')
      return { province: province as CanadianProvince, college }
    }),
    shifts,
  }
}

const [L393, L397, SHERBROOKE, TORONTO, VANCOUVER] = [
  'montreal-laurier-393',
  'montreal-laurier-397',
  'montreal-sherbrooke',
  'toronto-eglinton',
  'vancouver-commercial',
]

const LAURIER: readonly DemoClinician[] = [
  one('therapist', 'Camille Érable', 'woman', 'fr en', ['QC OPQ'], at(L393, WEEK, '09:00', '17:00')),
  one('therapist', 'Étienne Bouleau', 'man', 'fr en', ['QC OTSTCFQ'], at(L393, 'TU,WE,TH', '10:00', '18:00')),
  one('therapist', 'Inés Olmo', 'woman', 'es fr en', ['QC OPQ'], at(L393, 'MO,TU,WE,TH', '08:00', '16:00')),
  // one person at both Laurier clinics, on different days
  one(
    'therapist',
    'Margot Tremble',
    'woman',
    'fr en',
    ['QC OPQ'],
    at(L393, 'MO,TU', '09:00', '17:00'),
    at(L397, 'WE,TH,FR', '09:00', '17:00'),
  ),
  one('nurse', 'Nadia Sorbier', 'woman', 'fr en', ['QC OIIQ'], at(L393, WEEK, '08:00', '16:00')),
  one('nurse', 'Luc Frêne', 'man', 'fr', ['QC OIIQ'], at(L393, WEEK, '10:00', '18:00')),
  one('prescriber', 'Hélène Saule', 'woman', 'fr en', ['QC CMQ'], at(L393, WEEK, '08:00', '17:00')),
  one('prescriber', 'Olivier Noyer', 'man', 'fr en', ['QC CMQ'], at(L393, 'TU,WE,TH', '10:00', '18:00')),
  one('navigator', 'Maude Cèdre', 'woman', 'fr en es', [], at(L393, WEEK, '08:30', '16:30')),

  one('therapist', 'Gabrielle Pin', 'woman', 'fr en', ['QC OPQ'], at(L397, WEEK, '08:00', '16:00')),
  one('therapist', 'Thomas Alisier', 'man', 'fr', ['QC OTSTCFQ'], at(L397, 'MO,TU,WE', '09:00', '18:00')),
  one('nurse', 'Josée Aubépine', 'woman', 'fr en', ['QC OIIQ'], at(L397, WEEK, '08:00', '16:00')),
  one('nurse', 'Karim Sureau', 'man', 'fr en ar', ['QC OIIQ'], at(L397, 'MO,TU,WE,TH', '09:30', '17:30')),
  one('prescriber', 'Mathieu Charme', 'man', 'fr en', ['QC CMQ'], at(L397, WEEK, '08:30', '17:30')),
  one('navigator', 'Anaïs Tilleul', 'woman', 'fr en', [], at(L397, WEEK, '09:00', '17:00')),
]

const SHERBROOKE_STAFF: readonly DemoClinician[] = [
  one('therapist', 'Rebecca Elm', 'woman', 'en fr', ['QC OPQ'], at(SHERBROOKE, WEEK, '09:00', '17:00')),
  one('therapist', 'Daniel Hickory', 'man', 'en', ['QC OTSTCFQ'], at(SHERBROOKE, 'WE,TH,FR', '10:00', '18:00')),
  one('therapist', 'Salma Cyprès', 'woman', 'fr en ar', ['QC OPQ'], at(SHERBROOKE, 'MO,TU,WE,TH', '08:00', '16:00')),
  one('nurse', 'Fatou Baobab', 'woman', 'fr en', ['QC OIIQ'], at(SHERBROOKE, WEEK, '08:00', '16:00')),
  one('nurse', 'Simon Mélèze', 'man', 'fr en', ['QC OIIQ'], at(SHERBROOKE, WEEK, '10:00', '18:00')),
  one('prescriber', 'Judith Beech', 'woman', 'en fr', ['QC CMQ'], at(SHERBROOKE, WEEK, '08:30', '17:30')),
  one('navigator', 'Leila Acacia', 'woman', 'en fr', [], at(SHERBROOKE, WEEK, '08:30', '16:30')),
]

const TORONTO_STAFF: readonly DemoClinician[] = [
  one('therapist', 'Priya Alder', 'woman', 'en hi', ['ON CRPO'], at(TORONTO, WEEK, '09:00', '17:00')),
  one('therapist', 'Marcus Hawthorn', 'man', 'en', ['ON CRPO'], at(TORONTO, WEEK, '10:00', '18:00')),
  one(
    'therapist',
    'Lucie Rowan',
    'woman',
    'en fr',
    ['ON CRPO', 'QC OPQ'],
    at(TORONTO, 'MO,TU,WE,TH', '08:00', '16:00'),
  ),
  one('therapist', 'Mei Larch', 'woman', 'en zh', ['ON CRPO'], at(TORONTO, 'WE,TH,FR', '09:00', '18:00')),
  one('nurse', 'Grace Sycamore', 'woman', 'en', ['ON CNO'], at(TORONTO, WEEK, '08:00', '16:00')),
  one('nurse', 'Ahmed Poplar', 'man', 'en ar', ['ON CNO'], at(TORONTO, WEEK, '10:00', '18:00')),
  one('prescriber', 'Samuel Linden', 'man', 'en', ['ON CPSO'], at(TORONTO, WEEK, '08:00', '17:00')),
  one('prescriber', 'Nora Willow', 'woman', 'en fr', ['ON CNO'], at(TORONTO, 'MO,WE,TH', '09:00', '18:00')),
  one('navigator', 'Owen Chestnut', 'man', 'en fr', [], at(TORONTO, WEEK, '08:30', '16:30')),
]

const VANCOUVER_STAFF: readonly DemoClinician[] = [
  one('therapist', 'Jordan Cedar', 'man', 'en', ['BC CHCPBC'], at(VANCOUVER, WEEK, '09:00', '17:00')),
  one('therapist', 'Hana Maple', 'woman', 'en ja', ['BC BCACC'], at(VANCOUVER, 'TU,WE,TH,FR', '08:00', '16:00')),
  one('therapist', 'Avery Juniper', 'non-binary', 'en fr', ['BC CHCPBC'], at(VANCOUVER, 'MO,TU,WE', '10:00', '18:00')),
  one('nurse', 'Rosa Dogwood', 'woman', 'en es', ['BC BCCNM'], at(VANCOUVER, WEEK, '08:00', '16:00')),
  one('nurse', 'Liam Aspen', 'man', 'en', ['BC BCCNM'], at(VANCOUVER, 'MO,TU,TH,FR', '10:00', '18:00')),
  one('prescriber', 'Anjali Spruce', 'woman', 'en pa', ['BC CPSBC'], at(VANCOUVER, WEEK, '08:30', '17:30')),
  one('prescriber', 'Peter Hemlock', 'man', 'en', ['BC CPSBC'], at(VANCOUVER, 'TU,TH', '09:00', '18:00')),
  one('navigator', 'Tara Arbutus', 'woman', 'en fr', [], at(VANCOUVER, WEEK, '08:30', '16:30')),
]

export const STAFF: readonly DemoClinician[] = [...LAURIER, ...SHERBROOKE_STAFF, ...TORONTO_STAFF, ...VANCOUVER_STAFF]

/** The rooms of every clinic are the catalogue's; so are its hours. Shifts begin to recur here, long before any demonstration. */
export const SHIFTS_FROM = '2026-01-01'
