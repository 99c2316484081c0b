/** Models etcdctl/ctlv3/command/compaction_command.go. --physical takes no longer here. */
import type { Run } from '../../../host/process.ts'
import { badArgs, EXIT, Failed } from '../exit.ts'
import type { Session } from '../session.ts'

export function* compaction(session: Session): Run<void> {
  if (session.args.length !== 1) throw badArgs('compaction command needs 1 argument')
  const [text = ''] = session.args
  if (!/^[+-]?\d+$/.test(text))
    throw new Failed(EXIT.error, `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  const client = yield* session.client()
  yield* client.must({ kind: 'compact', revision: Number(text) })
  yield* session.p.out(`compacted revision ${Number(text)}\n`)
}
