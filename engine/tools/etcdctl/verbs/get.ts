/** Models etcdctl/ctlv3/command/get_command.go. Sorting is the server's in upstream; here it is done on what came. */
import type { KeyValue } from '../../../etcd/messages.ts'
import type { Run } from '../../../host/process.ts'
import { badArgs, EXIT, Failed } from '../exit.ts'
import { checkPrefixFlags, keyRangeOf } from '../key-range.ts'
import type { Session } from '../session.ts'
import { valueText } from '../values.ts'

type Order = '' | 'ASCEND' | 'DESCEND'

/** What keys are sorted by. */
const TARGETS: Record<string, (kv: KeyValue) => string | number> = {
  CREATE: ({ createRevision }) => createRevision,
  KEY: ({ key }) => key,
  MODIFY: ({ modRevision }) => modRevision,
  VALUE: ({ value }) => valueText(value),
  VERSION: ({ version }) => version,
}

export function* get(session: Session): Run<void> {
  checkFlags(session)
  if (session.args.length === 0)
    throw badArgs('get command needs one argument as key and an optional argument as range_end')
  checkPrefixFlags(session)
  const serializable = consistencyOf(session) === 's'
  const order = orderOf(session)
  const target = targetOf(session)
  const client = yield* session.client()
  const isSorted = order !== '' || target !== undefined
  const limit = session.number('limit')
  const { header, result } = yield* client.must({
    kind: 'range',
    ...keyRangeOf(session),
    revision: session.number('rev'),
    serializable,
    keysOnly: session.isSet('keys-only'),
    countOnly: session.isSet('count-only'),
    ...(!isSorted && limit > 0 && { limit }),
  })
  if (result.kind !== 'range') return
  const sorted = isSorted ? sort(result.kvs, target ?? 'KEY', order) : result.kvs
  const kvs = isSorted && limit > 0 ? sorted.slice(0, limit) : sorted
  const more = result.more || kvs.length < sorted.length
  yield* session.show(
    { kind: 'get', header, kvs, more, count: result.count },
    { valueOnly: session.isSet('print-value-only'), keysOnly: session.isSet('keys-only') },
  )
}

function checkFlags(session: Session): void {
  if (!session.isSet('count-only')) return
  if (session.isSet('keys-only'))
    throw badArgs('`--keys-only` and `--count-only` cannot be set at the same time, choose one')
  if (session.flag('write-out') !== 'fields') throw badArgs('--count-only is only for `--write-out=fields`')
}

function consistencyOf(session: Session): string {
  const consistency = session.flag('consistency')
  if (consistency !== 'l' && consistency !== 's')
    throw new Failed(EXIT.badFeature, `unknown consistency flag ${JSON.stringify(consistency)}`)
  return consistency
}

function orderOf(session: Session): Order {
  const order = session.flag('order').toUpperCase()
  if (order !== '' && order !== 'ASCEND' && order !== 'DESCEND')
    throw new Failed(EXIT.badFeature, `bad sort order ${session.flag('order')}`)
  return order
}

function targetOf(session: Session): string | undefined {
  const target = session.flag('sort-by').toUpperCase()
  if (target !== '' && TARGETS[target] === undefined)
    throw new Failed(EXIT.badFeature, `bad sort target ${session.flag('sort-by')}`)
  return target === '' ? undefined : target
}

function sort(kvs: KeyValue[], target: string, order: Order): KeyValue[] {
  const by = TARGETS[target] as (kv: KeyValue) => string | number
  const sign = order === 'DESCEND' ? -1 : 1
  return [...kvs].sort((a, b) => (by(a) < by(b) ? -sign : by(a) > by(b) ? sign : 0))
}
