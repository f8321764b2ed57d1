/** Provinces and territories (ISO 3166-2:CA). Pure. */
import { z } from 'zod'

/** Where care is offered (domain.md §3): each has its holidays and its age of majority. */
export const Province = z.enum(['QC', 'ON', 'BC'])
export type Province = z.infer<typeof Province>

/** Where people live and hold licences. */
export const CanadianProvince = z.enum(['AB', 'BC', 'MB', 'NB', 'NL', 'NS', 'NT', 'NU', 'ON', 'PE', 'QC', 'SK', 'YT'])
export type CanadianProvince = z.infer<typeof CanadianProvince>
