/** Pages: their security policy, which allows their own style and forms and nothing else, and the language that a browser asks for. */
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Lang } from '../domain/time.ts'

/** A page may have one style element, with exactly this text. */
const policyOf = (style: string): string => {
  const hash = createHash('sha256').update(style).digest('base64')
  return `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`
}
const policies = new Map<string, string>()

/** Headers of a page whose style is `style`. Forms of a page without a referrer would come from origin `null`. */
export function asPage(reply: FastifyReply, style: string): FastifyReply {
  const policy = policies.get(style) ?? policyOf(style)
  policies.set(style, policy)
  return reply.type('text/html; charset=utf-8').headers({
    'content-security-policy': policy,
    'referrer-policy': 'same-origin',
    'cache-control': 'private, no-store',
  })
}

/** French when `Accept-Language` likes it better than English. */
export function acceptedLanguage({ headers }: FastifyRequest): Lang {
  const wishes = (headers['accept-language'] ?? '').split(',').map((wish) => {
    const [tag = '', q = 'q=1'] = wish
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/)
    return { lang: tag.split('-')[0], q: Number(/^q=([\d.]+)$/.exec(q)?.[1] ?? 0) }
  })
  const liking = (lang: Lang) => Math.max(0, ...wishes.filter((wish) => wish.lang === lang).map(({ q }) => q))
  return liking('fr') > liking('en') ? 'fr' : 'en'
}

/** Whether a person's browser asks, so that a page answers better than a problem. */
export const asksForPage = ({ method, headers }: FastifyRequest): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  headers.authorization === undefined &&
  (headers.accept ?? '').includes('text/html')
