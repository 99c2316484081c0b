/** Models etcdctl/ctlv3/command/version_command.go. */
import type { Verb } from '../session.ts'

export const version: Verb = function* (session) {
  yield* session.p.out(`etcdctl version: ${session.version}\nAPI version: 3.${session.minor}\n`)
}
