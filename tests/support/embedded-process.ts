/** A process that uses the embedded server over the folder in its argument, says so to its parent, and waits to be killed or told to stop. */
import { startEmbedded } from '../../src/db/embedded.ts'

const cluster = await startEmbedded({ dataDir: process.argv[2] ?? '', log: () => {} })
process.on('message', async () => {
  await cluster.stop()
  process.disconnect()
})
process.send?.(cluster.url)
