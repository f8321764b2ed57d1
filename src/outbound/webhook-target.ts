/**
 * Which addresses a webhook may have (quality.md §3): public ones, over https. Names are resolved here and the connection goes to what was
 * checked, so that a name cannot point elsewhere in between. Loopback is for development: over http too, where it is allowed.
 */
import { lookup as resolve } from 'node:dns/promises'
import ipaddr from 'ipaddr.js'

export type Guard = { readonly allowLoopback: boolean }
export type Address = { readonly address: string; readonly family: 4 | 6 }

/** Names that mean something on one machine or network alone, whether they resolve here or not: RFC 6761, 6762, 8375, ICANN's `internal`. */
const PRIVATE_NAMES = /^[^.]*$|\.(?:localhost|localdomain|local|internal|home\.arpa)$/

/** Longest URL that is stored. */
const MAX_LENGTH = 2_000

/** `fault` names no address: a resolver's answer is not the caller's to know. */
export type Target = { readonly url: URL; readonly loopback: boolean } | { readonly fault: string }

/** What the text itself says: scheme, credentials, literal addresses. Looks nothing up. */
export function parseTarget(text: string, guard: Guard): Target {
  if (text.length > MAX_LENGTH || !URL.canParse(text)) return { fault: 'is not a URL' }
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { fault: 'must be an https URL' }
  if (url.username || url.password) return { fault: 'must not hold credentials' }
  const host = hostOf(url)
  const literal = ipaddr.isValid(host)
  const loopback = literal ? ipaddr.parse(host).range() === 'loopback' : host === 'localhost'
  if (url.protocol === 'http:' && !(loopback && guard.allowLoopback)) return { fault: 'must be an https URL' }
  if (loopback ? !guard.allowLoopback : literal ? !isPublic(host) : PRIVATE_NAMES.test(host))
    return { fault: 'is not a public address' }
  return { url, loopback }
}

/** Without the brackets of IPv6 and a root dot. */
const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')

/** Ordinary unicast alone: not private, loopback, link-local (metadata services too), mapped, translated, tunnelled or reserved. */
function isPublic(text: string): boolean {
  if (!ipaddr.isValid(text)) return false
  const address = ipaddr.parse(text)
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || address.match(GLOBAL_IPV6))
}

/** What IANA has given out for it (RFC 4291 §2.4): `::10.0.0.1` is none of it. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3')

/** All addresses of the host, every one of them allowed; undefined when one is not. @throws when the name does not resolve */
export async function addressesOf(url: URL, loopback: boolean): Promise<Address[] | undefined> {
  const host = hostOf(url)
  const found = await resolve(host, { all: true })
  const fit = ({ address }: { address: string }): boolean =>
    loopback ? ipaddr.isValid(address) && ipaddr.parse(address).range() === 'loopback' : isPublic(address)
  return found.length > 0 && found.every(fit)
    ? found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
    : undefined
}

/** Why this URL is refused at registration; undefined: it may be called. A name that does not resolve now may do so later. */
export async function refuseTarget(text: string, guard: Guard): Promise<string | undefined> {
  const target = parseTarget(text, guard)
  if ('fault' in target) return target.fault
  try {
    return (await addressesOf(target.url, target.loopback)) ? undefined : 'is not a public address'
  } catch {
    return undefined
  }
}
