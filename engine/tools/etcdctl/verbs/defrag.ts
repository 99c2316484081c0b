/** Models etcdctl/ctlv3/command/defrag_command.go (H3). */
import type { Run } from '../../../host/process.ts'
import { EXIT, Ended, notSimulated } from '../exit.ts'
import { tookText } from '../go-duration.ts'
import type { Session } from '../session.ts'
import { endpointsOf } from './endpoint.ts'

/** Since these patches the line tells how long it took. */
const TELLS_TIME: Record<number, number> = { 6: 0 }

export function* defrag(session: Session): Run<void> {
  const { p } = session
  if (session.flag('data-dir') !== '') return yield* offline(session)
  const client = yield* session.client()
  let failed = false
  for (const endpoint of yield* endpointsOf(session, client)) {
    const startedMs = yield* p.now()
    const answer = yield* client.call({ kind: 'defragment' }, { endpoints: [endpoint] })
    const took = TELLS_TIME[session.minor] === undefined ? undefined : yield* tookText(p, startedMs)
    const member = `etcd member[${endpoint}]`
    if ('error' in answer) {
      failed = true
      yield* p.err(`Failed to defragment ${member}${took === undefined ? '' : `. took ${took}.`} (${answer.error})\n`)
    } else yield* p.out(`Finished defragmenting ${member}${took === undefined ? '' : `. took ${took}`}\n`)
  }
  if (failed) throw new Ended(EXIT.error)
}

function* offline(session: Session): Run<void> {
  if (session.minor === 5)
    yield* session.p.err('Use `etcdutl defrag` instead. The --data-dir is going to be decomissioned in v3.6.\n\n')
  throw notSimulated('defrag --data-dir')
}
