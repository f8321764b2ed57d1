/** What is read over and over and seldom changes, made from its text once: the same text gives the same value, which nobody may change. */

/** @param most values kept; when there are more, all are forgotten */
export function remembered<T>(make: (text: string) => T, most: number): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    if (known.size >= most) known.clear()
    const made = make(text)
    known.set(text, made)
    return made
  }
}
