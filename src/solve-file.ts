/** `throughline solve <problem.json> [--out FILE]`: reads a planning problem, writes its answer. Shell: files and streams only. */
import { readFile, writeFile } from 'node:fs/promises'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { parseProblem } from './planner/problem.ts'
import { solve } from './planner/solve.ts'

export type SolveStreams = { out: (text: string) => void; err: (text: string) => void }

const USAGE = 'usage: throughline solve <problem.json> [--out FILE] [--time-limit SECONDS]'
const OPTIONS = { out: { type: 'string' }, 'time-limit': { type: 'string' } } satisfies ParseArgsConfig['options']

/** Exit code: 0 answered, also where the answer is that there is none; 2 for a file that cannot be read, or written, or is not a problem. */
export async function solveFile(args: readonly string[], streams: SolveStreams): Promise<0 | 2> {
  const refuse = (message: string): 2 => {
    streams.err(`${message}\n`)
    return 2
  }
  let path: string | undefined
  let out: string | undefined
  try {
    const { positionals, values } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
    if (positionals.length !== 1) return refuse(USAGE)
    path = positionals[0] ?? ''
    out = values.out
  } catch (error) {
    return refuse(`${reason(error)}\n${USAGE}`)
  }

  let json: unknown
  try {
    json = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    return refuse(`${path}: ${reason(error)}`)
  }
  const parsed = parseProblem(json)
  if (!parsed.ok) return refuse(parsed.error.map((e) => `${path}: ${e.path || 'the file'}: ${e.message}`).join('\n'))

  const several = parsed.value.patients.length > 1
  const answer = solve(parsed.value, (done, of, patientId, cost) => {
    if (several) streams.err(`${done}/${of} ${patientId} ${cost === null ? 'no itinerary' : `${cost} points`}\n`)
  })
  const text = `${JSON.stringify(answer, null, 1)}\n`
  if (out === undefined) {
    streams.out(text)
    return 0
  }
  try {
    await writeFile(out, text)
    return 0
  } catch (error) {
    return refuse(`${out}: ${reason(error)}`)
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))
