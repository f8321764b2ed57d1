/** Text that people write: trimmed, never empty, bounded, nothing that a database or a calendar cannot hold. Pure. */
import { z } from 'zod'

/** Control characters other than tab and line ends, and halves of surrogate pairs. */
const UNFIT = /[^\P{Cc}\t\n\r]|\p{Cs}/u

/** @param max in UTF-16 units */
export const Text = (max = 200) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => !UNFIT.test(text), 'holds a control character')
