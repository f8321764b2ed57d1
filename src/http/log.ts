/** Logs by allow-list: route patterns instead of URLs, error codes instead of messages (those hold bound values). */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { violationOf } from '../db/sqlstate.ts'

export type LogTarget = { write(line: string): void }

export const logOptions = (level: string, stream?: LogTarget) => ({
  level,
  ...(stream ? { stream } : {}),
  serializers: {
    req: (request: FastifyRequest) => ({ method: request.method, route: request.routeOptions?.url ?? null }),
    res: (reply: FastifyReply) => ({ statusCode: reply.statusCode }),
    err: (error: Error & { code?: string }) => ({
      type: error.name,
      code: error.code ?? null,
      sqlstate: violationOf(error)?.sqlstate ?? null,
      constraint: violationOf(error)?.constraint ?? null,
      at: (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at ')).slice(0, 6),
    }),
  },
})
