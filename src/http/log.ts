/** Logs by allow-list: route patterns instead of URLs, error codes instead of messages (those hold bound values). JSON, plain on a terminal. */
import type { FastifyRequest } from 'fastify'
import { violationOf } from '../db/sqlstate.ts'

export type LogTarget = { write(line: string): void }

export const logOptions = (level: string, stream?: LogTarget) => ({
  level,
  ...(stream ? { stream } : {}),
  serializers: {
    req: (request: FastifyRequest) => ({ method: request.method, route: request.routeOptions?.url ?? null }),
    res: (reply: { statusCode?: number }) => ({ statusCode: reply.statusCode ?? 0 }),
    err: (error: Error & { code?: string }) => ({
      type: error.name,
      message: [error.code, violationOf(error)?.sqlstate, violationOf(error)?.constraint].filter(Boolean).join(' '),
      stack: framesOf(error),
    }),
  },
})

/** Where it happened, without the message that a stack begins with. */
const framesOf = (error: Error): string =>
  (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8)
    .join('\n')

/** pino's number for `info`. */
const INFO = 30

/** What whoever started the process must read, whatever the log level: a log line, plain on a terminal. */
export function announce(line: string): void {
  const record = { level: INFO, time: Date.now(), pid: process.pid, msg: line }
  process.stdout.write(process.stdout.isTTY ? `${line}\n` : `${JSON.stringify(record)}\n`)
}

/** Nothing special unless standard output is a terminal: there a person reads. */
export const logTarget = (): { logTarget?: LogTarget } =>
  process.stdout.isTTY ? { logTarget: { write: (line) => process.stdout.write(plain(line)) } } : {}

/** `12:00:01 201 POST /v1/patients 12 ms`, from a line of JSON as the framework writes it. */
function plain(line: string): string {
  const { time, msg, req, res, responseTime, err } = JSON.parse(line) as LogLine
  const answered = res && `${res.statusCode}${responseTime === undefined ? '' : ` ${Math.round(responseTime)} ms`}`
  const asked = req && `${req.method} ${req.route ?? '(no route)'}`
  const fault = err && `${err.type} ${err.message}\n${err.stack}`
  return `${[new Date(time).toISOString().slice(11, 19), asked, answered, msg, fault].filter(Boolean).join(' ')}\n`
}
type LogLine = {
  time: number
  msg?: string
  req?: { method: string; route: string | null }
  res?: { statusCode: number }
  responseTime?: number
  err?: { type: string; message: string; stack: string }
}
