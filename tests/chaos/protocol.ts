/** Reads the statements that a client sends, from PostgreSQL's wire protocol (version 3): simple queries, and prepared ones by what they were parsed from. */

export type Sent = {
  readonly text: string
  /** As text; null is SQL's. */
  readonly parameters: readonly (string | null)[]
}

/** Feed it every chunk in order. → the statements that this chunk completes; first of all, once, the startup message's text */
export function statements(): (chunk: Buffer) => Sent[] {
  let rest: Buffer = Buffer.alloc(0)
  let begun = false
  const prepared = new Map<string, string>()
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const out: Sent[] = []
    for (;;) {
      // the first message, alone, has no type byte
      const head = begun ? 1 : 0
      if (rest.length < head + 4) return out
      const end = head + rest.readUInt32BE(head)
      if (rest.length < end) return out
      const type = begun ? rest.toString('latin1', 0, 1) : 'startup'
      const message = rest.subarray(head + 4, end)
      const [one = '', two = ''] = message.toString('utf8').split('\0', 2)
      if (type === 'startup') out.push({ text: message.toString('latin1').replaceAll('\0', ' '), parameters: [] })
      else if (type === 'Q') out.push({ text: one, parameters: [] })
      else if (type === 'P') prepared.set(one, two)
      else if (type === 'B')
        out.push({ text: prepared.get(two) ?? '', parameters: bound(message.subarray(one.length + two.length + 2)) })
      begun = true
      rest = rest.subarray(end)
    }
  }
}

/** After the two names of a Bind message: format codes, then the values with their lengths. */
function bound(part: Buffer): (string | null)[] {
  let at = 2 + 2 * part.readUInt16BE(0)
  const count = part.readUInt16BE(at)
  at += 2
  return Array.from({ length: count }, () => {
    const length = part.readInt32BE(at)
    at += 4
    if (length < 0) return null
    at += length
    return part.toString('utf8', at - length, at)
  })
}
