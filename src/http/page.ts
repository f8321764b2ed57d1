/** From a list's query to a page and back: the cursor is the id of the last thing seen. */
import { z } from 'zod'
import { decodeCursor, encodeCursor } from './wire.ts'

type PageAsked = { readonly limit: number; readonly cursor?: string | undefined }

/** `?limit=&cursor=` → what a service asks for. */
export const pageWish = ({ limit, cursor }: PageAsked) => ({
  limit,
  after: decodeCursor(z.tuple([z.guid()]), cursor)?.[0],
})

/** A service's page → the wire's. */
export function presentPage<T extends { id: string }, Out>(
  page: { readonly items: readonly T[]; readonly more: boolean },
  present: (item: T) => Out,
): { items: Out[]; nextCursor: string | null } {
  const last = page.more ? page.items.at(-1) : undefined
  return { items: page.items.map(present), nextCursor: last ? encodeCursor([last.id]) : null }
}

/** One page of a list that is read whole because it is short by nature. */
export function pageWithin<T extends { id: string }, Out>(
  all: readonly T[],
  asked: PageAsked,
  present: (item: T) => Out,
): { items: Out[]; nextCursor: string | null } {
  const { limit, after } = pageWish(asked)
  const rest = after === undefined ? all : all.slice(all.findIndex(({ id }) => id === after) + 1)
  return presentPage({ items: rest.slice(0, limit), more: rest.length > limit }, present)
}
