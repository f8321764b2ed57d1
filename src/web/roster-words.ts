/** What a printed roster says, in English and French. Pure. */
import type { AppointmentStatus } from '../domain/appointment.ts'
import type { ClinicalRole, Modality } from '../domain/program.ts'
import type { Lang } from '../domain/time.ts'

type Words = {
  roster: string
  time: string
  patient: string
  visit: string
  room: string
  with: string
  notes: string
  free: string
  nothing: string
  onShift: string
  open: string
  offShift: string
  closed: string
  wholeVisit: string
  supervises: string
  clocksForward: string
  clocksBack: string
  languages: Readonly<Record<Lang, string>>
  visits: (n: number) => string
  previous: string
  next: string
  rosters: string
  signOut: string
  withNames: string
  withInitials: string
  group: (taken: number, seats: number) => string
  printed: (when: string, by: string) => string
  modalities: Readonly<Record<Modality, string>>
  roles: Readonly<Record<ClinicalRole, string>>
  statuses: Readonly<Record<AppointmentStatus, string>>
  flags: Readonly<Record<string, string>>
}

const en: Words = {
  roster: 'Roster',
  time: 'Time',
  patient: 'Patient',
  visit: 'Visit',
  room: 'Room',
  with: 'With',
  notes: 'Notes',
  free: 'free',
  nothing: 'No visits.',
  onShift: 'On shift',
  open: 'Open',
  offShift: 'Not on shift',
  closed: 'Closed',
  wholeVisit: 'visit',
  supervises: 'supervises',
  clocksForward: 'The clocks go forward today.',
  clocksBack: 'The clocks go back today.',
  languages: { en: 'in English', fr: 'in French' },
  visits: (n) => (n === 1 ? '1 visit' : `${n} visits`),
  previous: 'Day before',
  next: 'Day after',
  rosters: 'All rosters',
  signOut: 'Sign out',
  withNames: 'Names on paper',
  withInitials: 'Initials only',
  group: (taken, seats) => `Group, ${taken} of ${seats}`,
  printed: (when, by) => `Printed ${when}, by ${by}`,
  modalities: { 'in-person': '', virtual: 'By video', phone: 'By phone' },
  roles: { therapist: 'Therapist', nurse: 'Nurse', prescriber: 'Prescriber', navigator: 'Navigator' },
  statuses: {
    booked: '',
    arrived: 'Arrived',
    'in-progress': 'In progress',
    recovering: 'Recovering',
    completed: 'Completed',
    cancelled: 'Cancelled',
    'no-show': 'No-show',
    'not-dosed': 'Not dosed',
    stopped: 'Stopped',
    'needs-replanning': 'Needs replanning',
  },
  flags: {
    'first-visit': 'First visit',
    'escort-missing': 'No escort named',
    'running-late': 'Running late',
    handover: 'Handover',
    'clearance-expires': 'Clearance expires',
    declined: 'Patient declined',
  },
}

const fr: Words = {
  roster: 'Horaire',
  time: 'Heure',
  patient: 'Patient',
  visit: 'Visite',
  room: 'Salle',
  with: 'Avec',
  notes: 'Notes',
  free: 'libre',
  nothing: 'Aucune visite.',
  onShift: 'En poste',
  open: 'Ouvert',
  offShift: 'Pas en poste',
  closed: 'Fermé',
  wholeVisit: 'visite',
  supervises: 'supervise',
  clocksForward: 'On avance l’heure aujourd’hui.',
  clocksBack: 'On recule l’heure aujourd’hui.',
  languages: { en: 'en anglais', fr: 'en français' },
  previous: 'Jour précédent',
  next: 'Jour suivant',
  rosters: 'Tous les horaires',
  signOut: 'Fermer la session',
  withNames: 'Noms sur papier',
  withInitials: 'Initiales seulement',
  group: (taken, seats) => `Groupe, ${taken} sur ${seats}`,
  visits: (n) => (n > 1 ? `${n} visites` : `${n} visite`),
  printed: (when, by) => `Imprimé le ${when}, par ${by}`,
  modalities: { 'in-person': '', virtual: 'Par vidéo', phone: 'Par téléphone' },
  roles: {
    therapist: 'Thérapeute',
    nurse: 'Infirmier·ère',
    prescriber: 'Prescripteur·trice',
    navigator: 'Intervenant·e',
  },
  statuses: {
    booked: '',
    arrived: 'Arrivé',
    'in-progress': 'En cours',
    recovering: 'En récupération',
    completed: 'Terminé',
    cancelled: 'Annulé',
    'no-show': 'Absent',
    'not-dosed': 'Dose non donnée',
    stopped: 'Interrompu',
    'needs-replanning': 'À replanifier',
  },
  flags: {
    'first-visit': 'Première visite',
    'escort-missing': 'Sans accompagnateur',
    'running-late': 'En retard',
    handover: 'Relève',
    'clearance-expires': 'Autorisation bientôt échue',
    declined: 'Refusé par le patient',
  },
}

export const ROSTER_WORDS: Readonly<Record<Lang, Words>> = { en, fr }
