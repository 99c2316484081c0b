/** etcdutl 3.5 and 3.6: the version is that of the binary that is run. Models etcdutl/ctl.go. */
import type { Program } from '../../host/process.ts'
import { parseCommandLine } from '../etcdctl/cobra.ts'
import { complain, finish, versionOf } from '../etcdctl/etcdctl.ts'
import { Session } from '../etcdctl/session.ts'
import { ETCDUTL } from './commands.ts'
import { UTL_VERBS } from './verbs.ts'

export const etcdutl: Program = function* (argv, p) {
  const version = yield* versionOf(p, argv[0] ?? 'etcdutl')
  const parsed = parseCommandLine(ETCDUTL, argv.slice(1), version)
  if (!('path' in parsed)) return yield* complain(p, parsed)
  const verb = UTL_VERBS[parsed.path]
  if (verb === undefined) throw new Error(`etcdutl: no verb ${parsed.path}`)
  return yield* finish(p, verb(new Session(p, ETCDUTL, version, parsed)))
}
