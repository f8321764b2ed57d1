/** How people get in and out: `/sign-in` with a token or a link that works once, `/sign-out`, and `/`, where a signed-in person begins. */
import formbody from '@fastify/formbody'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { actsFor } from '../../domain/caller.ts'
import { dayOf } from '../../domain/time.ts'
import { listClinics } from '../../services/clinics.ts'
import { type SignedIn, signIn, signInByLink, signOut } from '../../services/sign-in.ts'
import { PAGE_STYLE } from '../../web/page-style.ts'
import { linkPage, signInPage, usedLinkPage } from '../../web/sign-in-page.ts'
import { startPage } from '../../web/start-page.ts'
import type { App, Routes } from '../app-types.ts'
import { countAttempts } from '../attempts.ts'
import { acceptedLanguage, asPage } from '../page-reply.ts'
import { orRefuse, Refused } from '../problem.ts'
import { clearSession, sameOrigin, sessionSecret, setSession } from '../session-cookie.ts'

const MOST_CLINICS = 200

/** A path of ours: never another site, whatever a link says. */
const localPath = (next: string | undefined): string =>
  next !== undefined && /^\/(?![/\\])[\x21-\x7e]{0,500}$/.test(next) && !next.includes('\\') ? next : '/'

const SignInBody = z.strictObject({ token: z.string().trim().max(200), next: z.string().max(600).optional() })
const hidden = { schema: { hide: true }, config: { access: 'public' } } as const

export const signInRoutes: Routes = (root, deps) => {
  const attempts = countAttempts()
  const page = (request: FastifyRequest, reply: FastifyReply) => ({
    lang: acceptedLanguage(request),
    reply: asPage(reply, PAGE_STYLE).header('vary', 'Accept-Language'),
  })
  /** Somebody else's page may not sign a browser in or out. */
  const refuseOtherSites = (request: FastifyRequest) => {
    if (!sameOrigin(deps, request, { unsaid: true })) throw new Refused('forbidden')
  }
  const enter = (request: FastifyRequest, reply: FastifyReply, session: SignedIn, next: string) =>
    setSession(deps, request, reply, session).header('cache-control', 'no-store').redirect(next, 303)

  root.register(async (app: App) => {
    await app.register(formbody)
    app.get(
      '/sign-in',
      { ...hidden, schema: { hide: true, querystring: z.object({ next: z.string().optional() }) } },
      async (request, raw) => {
        const { lang, reply } = page(request, raw)
        return reply.send(signInPage(lang, localPath(request.query.next)))
      },
    )
    app.post('/sign-in', { ...hidden, schema: { hide: true, body: SignInBody } }, async (request, raw) => {
      refuseOtherSites(request)
      const next = localPath(request.body.next)
      const wait = attempts.waitFor(request.ip, deps.now())
      if (wait !== undefined) {
        const { lang, reply } = page(request, raw)
        return reply
          .code(429)
          .header('retry-after', String(wait))
          .send(signInPage(lang, next, 'tooMany'))
      }
      const entered = await signIn(deps, request.body.token, request.id)
      if (entered.ok) return enter(request, raw, entered.value, next)
      if (entered.error.code !== 'unauthenticated') return orRefuse(entered)
      attempts.failed(request.ip, deps.now())
      const { lang, reply } = page(request, raw)
      return reply.code(401).send(signInPage(lang, next, 'wrong'))
    })
    const CodeParams = z.object({ code: z.string().max(200) })
    app.get('/sign-in/:code', { ...hidden, schema: { hide: true, params: CodeParams } }, async (request, raw) => {
      const { lang, reply } = page(request, raw)
      return reply.send(linkPage(lang))
    })
    app.post('/sign-in/:code', { ...hidden, schema: { hide: true, params: CodeParams } }, async (request, raw) => {
      refuseOtherSites(request)
      const entered = await signInByLink(deps, request.params.code, request.id)
      if (entered.ok) return enter(request, raw, entered.value, '/')
      if (entered.error.code !== 'unauthenticated') return orRefuse(entered)
      const { lang, reply } = page(request, raw)
      return reply.code(404).send(usedLinkPage(lang))
    })
    app.post('/sign-out', hidden, async (request, reply) => {
      refuseOtherSites(request)
      const secret = sessionSecret(request)
      if (secret !== undefined) orRefuse(await signOut(deps, secret))
      return clearSession(deps, request, reply).redirect('/sign-in', 303)
    })
  })

  root.get(
    '/',
    {
      schema: { hide: true },
      config: { access: { roles: ['admin', 'scheduler', 'clinician', 'privacy', 'integration'], page: 'only' } },
    },
    async (request, raw) => {
      const { caller } = request
      const { lang, reply } = page(request, raw)
      if (caller.role === 'clinician' && caller.clinicianId !== null)
        return raw.redirect(`/v1/rosters/clinicians/${caller.clinicianId}?format=html&lang=${lang}`, 303)
      const seesRosters = caller.role === 'admin' || caller.role === 'scheduler'
      const { items } = orRefuse(await listClinics(deps, { limit: MOST_CLINICS, after: undefined }))
      const own = items.filter(({ id }) => seesRosters && actsFor(caller, id))
      const today = own.map(({ slug, name, timeZone }) => ({ slug, name, today: dayOf(deps.now(), timeZone) }))
      return reply.send(startPage(lang, today))
    },
  )
}
