/** Models etcdctl/ctlv3/command/del_command.go. */
import type { Run } from '../../../host/process.ts'
import { badArgs } from '../exit.ts'
import { checkPrefixFlags, keyRangeOf } from '../key-range.ts'
import type { KeyRange } from '../key-range.ts'
import type { Session } from '../session.ts'
import { quoted } from '../values.ts'

/** 3.6: how long a person has to change their mind. */
const SECOND_THOUGHT_MS = 2000

export function* del(session: Session): Run<void> {
  const { args } = session
  if (args.length === 0 || args.length > 2)
    throw badArgs('del command needs one argument as key and an optional argument as range_end')
  checkPrefixFlags(session)
  const range = keyRangeOf(session)
  if (args.length === 2 && !session.isSet('range')) yield* hesitate(session, range)
  const client = yield* session.client()
  const { header, result } = yield* client.must({
    kind: 'txn',
    compare: [],
    success: [{ op: 'delete', ...range, prevKv: session.isSet('prev-kv') }],
    failure: [],
  })
  const [response] = result.kind === 'txn' ? result.responses : []
  if (response?.op !== 'delete') return
  const prevKvs = session.isSet('prev-kv') ? response.prevKvs : []
  yield* session.show({ kind: 'del', header, deleted: response.deleted, prevKvs })
}

function* hesitate(session: Session, { key, rangeEnd = '' }: KeyRange): Run<void> {
  if (session.minor === 5)
    yield* session.p.out(
      'In etcd v3.6, the operation will be suspended for a few seconds to provide the user time to verify range.\n',
    )
  if (session.minor < 6) return
  yield* session.p.err(
    `Warning: Keys between ${quoted(key)} and ${quoted(rangeEnd)} will be deleted. Please interrupt the command within next 2 seconds to cancel. You can provide \`--range\` flag to avoid the delay.\n`,
  )
  yield* session.p.sleep(SECOND_THOUGHT_MS)
}
