/** Run by tap after the last test file: the test server stops, unless another run uses it. */
import { keepNoLonger, startCluster } from './cluster.ts'

keepNoLonger()
const cluster = await startCluster()
await cluster.stop()
