/** The README as a program: its shell blocks with the answers printed below them, and a shell that runs them one after another. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Block = {
  /** Where its fence opens, from 1. */
  readonly line: number
  readonly commands: string
  /** The `text` fence that follows at once. */
  readonly answer: string | undefined
}

/** Every `bash` fence, in order. */
export function blocksOf(markdown: string): Block[] {
  const fences = /^```bash\n([\s\S]*?)^```\n(?:```text\n([\s\S]*?)^```\n)?/gm
  return [...markdown.matchAll(fences)].map(({ index, 1: commands = '', 2: answer }) => ({
    line: markdown.slice(0, index).split('\n').length,
    commands,
    answer,
  }))
}

/** What differs from day to day and from machine to machine. Instants before dates: the first match wins. */
const VARIES: readonly [RegExp, string][] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)/g, '<instant>'],
  [/\d{8}T\d{6}Z?/g, '<stamp>'],
  [/\d{4}-\d\d-\d\d/g, '<date>'],
  [/\d+ points/g, '<n> points'],
]

/** Does an answer look as documented? Equal but for what varies, for names in `people`, and for `…`, which stands for anything. */
export function looksAs(documented: string, actual: string, people: readonly string[]): boolean {
  const general = (text: string): string =>
    VARIES.reduce(
      (general, [varying, name]) => general.replace(varying, name),
      people.reduce((general, person) => general.replaceAll(person, '<person>'), text),
    )
      .replace(/\s+/g, ' ')
      .trim()
  const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${general(documented).split('…').map(literal).join('.*?')}$`).test(general(actual))
}

/** Files of this project that the text names in backticks. */
export const pathsIn = (markdown: string): string[] => [
  ...new Set([...markdown.matchAll(/`((?:src|tests|drizzle)\/[\w./-]*)`/g)].flatMap(({ 1: path }) => path ?? [])),
]

type Shell = {
  /** Standard output and error of the commands. @throws with both when one of them fails; the shell is then gone */
  readonly run: (commands: string) => Promise<string>
  readonly end: () => void
}

/** Ends the output of one run; no command prints it. */
const DONE = '\u001e'

/** One bash in `cwd`, so that what a block defines is there for the next. Of our own environment it has `PATH` and the temp folder. */
export function openShell(cwd: string): Shell {
  const { PATH = '', TMPDIR = '/tmp' } = process.env
  const bash = spawn('bash', ['-s'], { cwd, env: { PATH, TMPDIR, HOME: cwd, LANG: 'C.UTF-8' } })
  bash.stdin.write('set -eu -o pipefail\nexec 2>&1\n')
  let output = ''
  let settle: { resolve: (text: string) => void; reject: (thrown: Error) => void } | undefined
  bash.stdout.setEncoding('utf8').on('data', (part: string) => {
    output += part
    if (!output.endsWith(DONE)) return
    settle?.resolve(output.slice(0, -DONE.length))
    output = ''
  })
  bash.on('close', (code) => settle?.reject(new Error(`the shell ended with ${code}: ${output}`)))
  return {
    run: (commands) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject }
        // from a file: what a command reads is then not the next command
        writeFileSync(join(cwd, 'block.sh'), commands)
        bash.stdin.write(`source ./block.sh </dev/null\nprintf '${DONE}'\n`)
      }),
    end: () => bash.kill(),
  }
}
