/** What is booked, held, moved, lost and taken back in any order is what a naive model says it is. `npm run chaos` does forty times as many. */
import t from 'tap'
import { model } from './checks.ts'

/** A run that failed is repeated with `npm run chaos -- --only model --seed N`. */
const seed = (Date.now() % 1_000_000) + 1
const RUNS = 50
/** Milliseconds: a busy machine does fewer. */
const LIMIT = 60_000

t.test(`runs of commands beside a naive model, seed ${seed}`, async (t) => {
  const { breaches, figures, missed } = await model(seed, RUNS, LIMIT)
  t.same(breaches, [], `${figures.commands} commands`)
  t.comment([JSON.stringify(figures), ...missed].join('; '))
})
