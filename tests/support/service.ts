/** The real process as its operator meets it: started with an environment of its own, spoken to over a socket, signalled, and gone at the end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export type Service = {
  readonly process: ChildProcess
  /** Where it listens. */
  readonly base: string
  /** Everything it wrote so far. */
  readonly output: () => string
  /** Sends the signal and waits for the end. */
  readonly end: (signal: NodeJS.Signals) => Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}
export type Finished = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

const compiled = import.meta.url.endsWith('.js')
const CLI = fileURLToPath(new URL(`../../src/cli.${compiled ? 'js' : 'ts'}`, import.meta.url))

/** `throughline …args`. Nothing of our own environment but the path reaches it. */
function spawned(args: readonly string[], env: Record<string, string>): ChildProcess {
  const { PATH = '', TMPDIR } = process.env
  return spawn(process.execPath, [...(compiled ? [] : ['--import', 'tsx']), CLI, ...args], {
    env: { PATH, ...(TMPDIR ? { TMPDIR } : {}), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

export async function command(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  const child = spawned(args, env)
  let [stdout, stderr] = ['', '']
  child.stdout?.on('data', (part) => {
    stdout += part
  })
  child.stderr?.on('data', (part) => {
    stderr += part
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

/** Once it says where it answers. @throws with all it wrote when it ends before that */
export async function serve(env: Record<string, string>): Promise<Service> {
  const child = spawned(['serve'], { PORT: '0', ...env })
  let output = ''
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const listening = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (part) => {
        output += part
        const [, base] = /Throughline answers on (http:\/\/[^ ]+)/.exec(output) ?? []
        if (base) resolve(base)
      })
  })
  const base = await Promise.race([listening, ended.then(() => undefined)])
  if (base === undefined) throw new Error(`the service did not start: ${output}`)
  return {
    process: child,
    base,
    output: () => output,
    end: async (signal) => {
      child.kill(signal)
      const [code, by] = await ended
      return { code, signal: by }
    },
  }
}
