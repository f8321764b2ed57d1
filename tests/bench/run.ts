/** `npm run bench -- plan|book`: prints medians. Nothing here passes or fails. */
import { benchBook } from './book.ts'
import { benchPlan } from './plan.ts'

const BENCHES: Record<string, (args: string[]) => Promise<void>> = { plan: benchPlan, book: benchBook }

const [name = '', ...args] = process.argv.slice(2)
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined
if (bench) await bench(args)
else {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [options]`)
  process.exitCode = 2
}
