/**
 * Counts assertions in TAP 14 text and keeps what it says of the failed ones. Pure. A subtest's own line sums up those inside it: it is no
 * assertion, unless it fails and none of those did (a file that crashed, or left something open).
 */

export type Assertions = { readonly passed: number; readonly failed: number; readonly failures: readonly string[] }

const SUBTEST = /^ *# Subtest: (.*)$/
const POINT = /^( *)(not )?ok\b(.*)$/
const PLAN = /^( *)1\.\.\d+/
/** Neither passed nor failed. */
const LATER = /# (skip|todo)\b/i

export function assertions(tap: string): Assertions {
  let passed = 0
  const failures: string[] = []
  let title = ''
  /** Indent of the last point or plan: what is inside a subtest comes before its own line. */
  let last = 0
  /** How many had failed at the latest point of each indent. */
  const known = new Map<number, number>()
  const lines = tap.split('\n')
  for (const [n, line] of lines.entries()) {
    title = SUBTEST.exec(line)?.[1] ?? title
    const point = POINT.exec(line)
    const indent = (point ?? PLAN.exec(line))?.[1]?.length
    if (indent === undefined) continue
    const sum = point !== null && last > indent
    last = indent
    if (!point || LATER.test(point[3] ?? '')) continue
    const before = Math.max(0, ...[...known].filter(([at]) => at <= indent).map(([, failed]) => failed))
    if (point[2] && (!sum || failures.length === before))
      failures.push(`${title}\n${[line, ...detail(lines, n + 1, indent)].join('\n')}`)
    else if (!point[2] && !sum) passed++
    known.set(indent, failures.length)
  }
  return { passed, failed: failures.length, failures }
}

/** The YAML below a point: deeper than the point itself, from `---` to `...`. */
function detail(lines: readonly string[], from: number, indent: number): string[] {
  const margin = ' '.repeat(indent + 2)
  if (lines[from] !== `${margin}---`) return []
  const end = lines.indexOf(`${margin}...`, from)
  return lines.slice(from + 1, end === -1 ? undefined : end)
}
