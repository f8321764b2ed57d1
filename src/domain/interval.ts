/** Half-open intervals `[start, end)` over any number line. Pure. Same unit on both ends; a list is sorted and disjoint where a function says so. */
export type Interval<N extends number = number> = { readonly start: N; readonly end: N }

export const overlaps = (a: Interval, b: Interval): boolean => a.start < b.end && b.start < a.end
export const contains = (outer: Interval, inner: Interval): boolean =>
  outer.start <= inner.start && inner.end <= outer.end

/** Any list → sorted, disjoint, touching intervals joined, empty ones dropped. */
export function merge<N extends number>(list: readonly Interval<N>[]): Interval<N>[] {
  const sorted = list.filter((i) => i.start < i.end).sort((a, b) => a.start - b.start)
  const out: Interval<N>[] = []
  for (const next of sorted) {
    const last = out.at(-1)
    if (last && next.start <= last.end) {
      if (next.end > last.end) out[out.length - 1] = { start: last.start, end: next.end }
    } else out.push({ start: next.start, end: next.end })
  }
  return out
}

/** What of `from` is not covered by `away`. Any lists in; sorted and disjoint out. */
export function subtract<N extends number>(from: readonly Interval<N>[], away: readonly Interval<N>[]): Interval<N>[] {
  const holes = merge(away)
  const out: Interval<N>[] = []
  for (const piece of merge(from)) {
    let { start } = piece
    for (const hole of holes) {
      if (hole.end <= start) continue
      if (hole.start >= piece.end) break
      if (hole.start > start) out.push({ start, end: hole.start })
      start = hole.end
    }
    if (start < piece.end) out.push({ start, end: piece.end })
  }
  return out
}

/** What both lists cover. Any lists in; sorted and disjoint out. */
export function intersect<N extends number>(a: readonly Interval<N>[], b: readonly Interval<N>[]): Interval<N>[] {
  const [left, right] = [merge(a), merge(b)]
  const out: Interval<N>[] = []
  let i = 0
  let j = 0
  for (let x = left[0], y = right[0]; x && y; x = left[i], y = right[j]) {
    const start = x.start > y.start ? x.start : y.start
    const end = x.end < y.end ? x.end : y.end
    if (start < end) out.push({ start, end })
    if (x.end < y.end) i++
    else j++
  }
  return out
}
