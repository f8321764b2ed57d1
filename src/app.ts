/** Builds the HTTP application over its dependencies: plugins, guards, routes. Never listens; tests inject. */
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import fastify from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { guardAccess } from './http/access.ts'
import type { App } from './http/app-types.ts'
import { drainOnClose } from './http/drain.ts'
import { answerBrokenHttp, answerErrors, answerFrameworkError } from './http/errors.ts'
import { tagRevisions } from './http/etag.ts'
import { answerRetriesOnce } from './http/idempotency.ts'
import { acceptJsonOnly } from './http/json-body.ts'
import { type LogTarget, logOptions } from './http/log.ts'
import { serveOpenApi } from './http/openapi.ts'
import { allRoutes } from './http/routes/index.ts'
import type { Deps } from './services/deps.ts'

/** Contract §2: a body is at most 256 KiB. */
const BODY_LIMIT_BYTES = 256 * 1024

/** Milliseconds. A handler's is the last of the chain lock < statement < handler (quality.md §3); a request's bounds slow senders. */
const HANDLER_TIMEOUT = 10_000
const REQUEST_TIMEOUT = 30_000

export type AppOptions = {
  readonly logLevel: string
  /** Requests a minute and token; 0 is off. */
  readonly rateLimit: number
  readonly logTarget?: LogTarget
}

export async function buildApp(deps: Deps, options: AppOptions): Promise<App> {
  const app = fastify({
    logger: logOptions(options.logLevel, options.logTarget),
    bodyLimit: BODY_LIMIT_BYTES,
    genReqId: deps.newId,
    requestIdHeader: false,
    // see http/drain.ts: what arrives while we close is answered, not turned away
    return503OnClosing: false,
    handlerTimeout: HANDLER_TIMEOUT,
    requestTimeout: REQUEST_TIMEOUT,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerBrokenHttp,
    routerOptions: { maxParamLength: 500 },
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  acceptJsonOnly(app)
  answerErrors(app)
  drainOnClose(app)
  await app.register(helmet, {
    contentSecurityPolicy: { directives: { 'upgrade-insecure-requests': null } },
    hsts: false,
  })
  await app.register(cookie)
  guardAccess(app, deps)
  answerRetriesOnce(app, deps)
  tagRevisions(app)
  if (options.rateLimit > 0)
    await app.register(rateLimit, {
      max: options.rateLimit,
      timeWindow: '1 minute',
      keyGenerator: (request) => request.headers.authorization ?? request.ip,
    })
  await serveOpenApi(app)
  const noting: Deps = deps.note ? deps : { ...deps, note: (line) => app.log.warn(line) }
  for (const routes of allRoutes) routes(app, noting)
  return app
}
