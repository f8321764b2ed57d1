/** Run by tap before the first test file: the test server, and the template, ready for all of them. */
import { adminOf, keepRunning, startCluster, template, tidy } from './cluster.ts'

keepRunning()
const cluster = await startCluster()
const admin = adminOf(cluster)
await tidy(admin, await template(cluster, admin))
await admin.end()
await cluster.leave()
