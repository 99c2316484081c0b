/** Models etcdctl/ctlv3/command/move_leader_command.go: the transfer is asked of the leader itself. */
import type { Run } from '../../../host/process.ts'
import type { EtcdClient } from '../client.ts'
import { badArgs, EXIT, Failed } from '../exit.ts'
import { hexId } from '../printers/responses.ts'
import type { Session } from '../session.ts'

export function* moveLeader(session: Session): Run<void> {
  if (session.args.length !== 1) throw badArgs('move-leader command needs 1 argument')
  const [target = ''] = session.args
  if (!/^[0-9a-fA-F]{1,16}$/.test(target))
    throw badArgs(`strconv.ParseUint: parsing ${JSON.stringify(target)}: invalid syntax`)
  const client = yield* session.client()
  const leader = yield* findLeader(client)
  if (leader === undefined) throw badArgs(`no leader endpoint given at [${client.config.endpoints.join(' ')}]`)
  const to = target.toLowerCase()
  const { header } = yield* client.must({ kind: 'moveLeader', target: to }, { endpoints: [leader.endpoint] })
  yield* session.show({ kind: 'moveLeader', header, from: leader.id, to })
}

function* findLeader(client: EtcdClient): Run<{ endpoint: string; id: string } | undefined> {
  for (const endpoint of client.config.endpoints) {
    const answer = yield* client.call({ kind: 'status' }, { endpoints: [endpoint] })
    if ('error' in answer) throw new Failed(EXIT.error, answer.error)
    const { header, result } = answer
    if (result.kind === 'status' && hexId(result.status.leader) === hexId(header.memberId))
      return { endpoint, id: header.memberId }
  }
  return undefined
}
