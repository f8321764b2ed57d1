/** Logs by allow-list: route patterns instead of URLs, error codes instead of messages (those hold bound values). */
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
