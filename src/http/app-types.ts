/** The shape every route file shares: the typed instance, what a route declares of its access, and who is calling. */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Caller, Role, Scope } from '../domain/caller.ts'
import type { Deps } from '../services/deps.ts'

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  ZodTypeProvider
>

/**
 * `public`, or the roles that may call; `integration` also needs the scope. An undeclared route refuses to register. `page`: without
 * a session a browser is led to the sign-in; `only`: whoever asks.
 */
export type Access =
  | 'public'
  | { readonly roles: readonly Role[]; readonly scope?: Scope; readonly page?: 'also' | 'only' }

export type Routes = (app: App, deps: Deps) => void

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** The answer shows a secret once: what is kept of it for a retry is encrypted. */
    secretAnswer?: true
  }
  interface FastifyRequest {
    caller: Caller
  }
}
