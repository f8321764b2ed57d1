/** `npm run bench -- plan|book|rosters|analytics|waitlist|referrals|events`: prints medians; `plan --http` those of whole requests. Nothing here passes or fails. */
import { benchAnalytics } from './analytics.ts'
import { benchBook } from './book.ts'
import { benchEvents } from './events.ts'
import { benchPlan } from './plan.ts'
import { benchPlanHttp } from './plan-http.ts'
import { benchReferrals } from './referrals.ts'
import { benchRosters } from './rosters.ts'
import { benchWaitlist } from './waitlist.ts'

const BENCHES: Record<string, (args: string[]) => Promise<void>> = {
  plan,
  book: benchBook,
  rosters: benchRosters,
  analytics: benchAnalytics,
  waitlist: benchWaitlist,
  referrals: benchReferrals,
  events: benchEvents,
}

function plan(args: string[]): Promise<void> {
  const rest = args.filter((arg) => arg !== '--http')
  return rest.length < args.length ? benchPlanHttp(rest) : benchPlan(rest)
}

const [name = '', ...args] = process.argv.slice(2)
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined
if (bench) await bench(args)
else {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [options]`)
  process.exitCode = 2
}
