/** One page of a list. A query asks for one row more than the page holds, to know whether there is another. Pure. */

export type PageWish = { readonly limit: number; readonly after: string | undefined }
export type Page<T> = { readonly items: T[]; readonly more: boolean }

export const cut = <T>(rows: readonly T[], limit: number): Page<T> => ({
  items: rows.slice(0, limit),
  more: rows.length > limit,
})
