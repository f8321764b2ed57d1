/** Who has been referred and waits for a call when the demonstration begins: one too long, one not much longer, one just now. Named after birds. */
import type { ReferralSource, Referrer } from '../domain/referral.ts'

export type DemoReferral = {
  readonly clinic: string
  readonly hoursAgo: number
  readonly givenName: string
  readonly familyName: string
  readonly phone: string
  readonly source: ReferralSource
  readonly referrer: Referrer | null
  readonly programKey: string
  readonly reason: string
}

const NOBODY = { phone: null, fax: null, email: null }

export const REFERRED: readonly DemoReferral[] = [
  {
    ...{ clinic: 'montreal-laurier-393', hoursAgo: 30, givenName: 'Margot', familyName: 'Jaseur' },
    ...{ phone: '514-555-0171', source: 'professional', programKey: 'standard' },
    referrer: { ...NOBODY, name: 'Dre Colombe Pinson', profession: 'médecin de famille', fax: '514-555-0172' },
    reason: 'Dépression, deux traitements essayés.',
  },
  {
    ...{ clinic: 'toronto-eglinton', hoursAgo: 21, givenName: 'Jay', familyName: 'Nuthatch' },
    ...{ phone: '416-555-0173', source: 'professional', programKey: 'standard' },
    referrer: { ...NOBODY, name: 'Dr Crane', profession: 'psychiatrist', phone: '416-555-0174' },
    reason: 'Depression; two treatments tried.',
  },
  {
    ...{ clinic: 'vancouver-commercial', hoursAgo: 1, givenName: 'Linnet', familyName: 'Dipper' },
    ...{ phone: '604-555-0175', source: 'self', referrer: null, programKey: 'introductory' },
    reason: 'Would like to know more.',
  },
]
