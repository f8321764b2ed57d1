/** Reads the statements that a client sends, from PostgreSQL's wire protocol (version 3): simple queries, and prepared ones by what they were parsed from. */

/** Feed it every chunk in order. → the statements that this chunk completes, in lower case */
export function statements(): (chunk: Buffer) => string[] {
  let rest: Buffer = Buffer.alloc(0)
  let begun = false
  const prepared = new Map<string, string>()
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const out: string[] = []
    for (;;) {
      // the first message, alone, has no type byte
      const head = begun ? 1 : 0
      if (rest.length < head + 4) return out
      const end = head + rest.readUInt32BE(head)
      if (rest.length < end) return out
      const type = begun ? rest.toString('latin1', 0, 1) : ''
      const [one = '', two = ''] = rest.toString('latin1', head + 4, end).split('\0', 2)
      begun = true
      if (type === 'Q') out.push(one.toLowerCase())
      else if (type === 'P') prepared.set(one, two.toLowerCase())
      else if (type === 'B') out.push(prepared.get(two) ?? '')
      rest = rest.subarray(end)
    }
  }
}
