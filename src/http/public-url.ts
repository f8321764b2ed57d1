/** Where the service is reached, for links and cookies: PUBLIC_URL, else what the asker called it. That goes back to the same asker alone. */
import type { FastifyRequest } from 'fastify'
import type { Deps } from '../services/deps.ts'

type Asked = Pick<FastifyRequest, 'protocol' | 'host'>

/** Without a slash at the end. */
export const publicUrl = ({ publicUrl: known }: Pick<Deps, 'publicUrl'>, { protocol, host }: Asked): string =>
  known ?? `${protocol}://${host}`
