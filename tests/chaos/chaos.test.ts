/** A small share of the chaos: the service's own processes under storm, kill, cut and nonsense. `npm run chaos` runs the full figures. */
import t from 'tap'
import { attempts, cuts, kills, malformed, mutants, type Outcome, strikes } from './checks.ts'
import { FAULTS } from './faults.ts'
import { watch } from './invariants.ts'
import { raise } from './stage.ts'
import { mustOf, populate, type World } from './world.ts'

/** A run that failed is repeated with `npm run chaos -- --seed N`. */
const seed = (Date.now() % 1_000_000) + 1
const [MEMBERS, FRESH] = [32, 6]
/** Milliseconds for each storm, which ends by its count on any machine that is not starved. */
const LIMIT = 60_000
const STOP_LIMIT = 4_000

const raised = raise()
let closed = false
t.teardown(async () => closed || (await raised).close())

t.test(`chaos, seed ${seed}`, async (t) => {
  const stage = await raised
  await stage.look(watch)
  const everybody = await populate(mustOf(stage.first.base, stage.token), MEMBERS + FRESH)
  const world: World = { ...everybody, members: everybody.members.slice(0, MEMBERS) }
  const fresh: World = { ...everybody, members: everybody.members.slice(MEMBERS) }
  const scene = { stage, world, seed }
  const sound = ({ check, count, breaches, figures, missed }: Outcome): void => {
    t.same(breaches, [], `${count} ${check}`)
    t.comment(`${count} ${check}: ${JSON.stringify(figures)}${missed.length > 0 ? `; ${missed.join(', ')}` : ''}`)
  }
  sound(await attempts(scene, 2_000, LIMIT))
  sound(await cuts(scene, 20))
  sound(await kills(scene, 4, LIMIT))
  sound(
    await strikes(
      scene,
      'other faults',
      FAULTS.filter((f) => QUICK.includes(f.name)),
      LIMIT,
    ),
  )
  sound(await malformed(scene, 1_000))
  // last: what they leave behind stays
  sound(await mutants({ ...scene, world: fresh }, ['constraint dropped', 'audit skipped', 'hold expiry ignored']))
  closed = true
  t.ok((await stage.close()) < STOP_LIMIT, 'connections that were cut do not delay a stop')
})

const QUICK = ['every connection cut', 'SIGKILL of one backend', 'holds expire', 'serialisation failures']
