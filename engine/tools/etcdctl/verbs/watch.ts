/** Models etcdctl/ctlv3/command/watch_command.go. Not modelled: --interactive. */
import type { EtcdWatchData, WatchEvent } from '../../../etcd/messages.ts'
import type { Run } from '../../../host/process.ts'
import { badArgs, EXIT, Failed, notSimulated } from '../exit.ts'
import { grpcText, isOfUsers } from '../grpc.ts'
import { keyRangeOf } from '../key-range.ts'
import { Session } from '../session.ts'
import { quoted, valueText } from '../values.ts'

const ENVIRONMENT = { key: 'ETCDCTL_WATCH_KEY', rangeEnd: 'ETCDCTL_WATCH_RANGE_END' }

export function* watch(session: Session): Run<void> {
  if (session.isSet('interactive')) throw notSimulated('watch --interactive')
  const { keys, command } = wordsOf(session)
  if (keys.length === 0 || keys.length > 2) throw badArgs('bad number of arguments')
  if (keys.length > 1 && session.isSet('prefix')) throw badArgs('`range_end` and `--prefix` are mutually exclusive')
  const client = yield* session.client()
  const own = new Session(session.p, session.tool, session.version, { ...session.invocation, args: keys })
  const range = keyRangeOf(own)
  if (range.rangeEnd !== undefined && range.rangeEnd !== '\0' && range.rangeEnd <= range.key)
    return yield* canceled(session, 'mvcc: watcher range is empty')
  const stream = yield* client.watch({
    kind: 'watch',
    watchId: '',
    ...range,
    startRevision: session.number('rev'),
    prevKv: session.isSet('prev-kv'),
    ...(session.isSet('progress-notify') && { progressNotify: true }),
  })
  for (;;) {
    const data = yield* client.next(stream)
    if (data === undefined) return yield* canceled(session, 'etcdserver: server stopped')
    if (data.canceled !== undefined) return yield* canceled(session, data.canceled.reason)
    yield* tell(session, data, command)
  }
}

/** The keys, from the command line or the environment, and the command that follows `--`. */
function wordsOf({ args, invocation, p }: Session): { keys: string[]; command: string[] } {
  const count = invocation.dashAt ?? args.length
  const [words, command] = [args.slice(0, count), args.slice(count)]
  const key = p.env[ENVIRONMENT.key] ?? ''
  if (words.length > 0 || key === '') return { keys: words, command }
  const end = p.env[ENVIRONMENT.rangeEnd] ?? ''
  return { keys: end === '' ? [key] : [key, end], command }
}

function* canceled(session: Session, reason: string): Run<never> {
  yield* session.p.err(`watch was canceled (${isOfUsers(reason) ? grpcText(reason) : reason})\n`)
  throw new Failed(EXIT.interrupted, 'watch is canceled by the server')
}

function* tell(session: Session, data: EtcdWatchData, command: string[]): Run<void> {
  const isProgress = data.events.length === 0
  if (isProgress && session.flag('write-out') === 'simple') {
    if (session.isSet('progress-notify')) yield* session.p.out(`progress notify: ${data.header.revision}\n`)
    return
  }
  const events = session.isSet('prev-kv') ? data.events : data.events.map(({ prevKv: _, ...rest }) => rest)
  yield* session.show({ kind: 'watch', header: data.header, events })
  for (const event of command.length > 0 ? events : []) yield* runCommand(session, event, data.header.revision, command)
}

function* runCommand(session: Session, { type, kv }: WatchEvent, revision: number, argv: string[]): Run<void> {
  const env = {
    ...session.p.env,
    ETCD_WATCH_REVISION: String(revision),
    ETCD_WATCH_EVENT_TYPE: quoted(type),
    ETCD_WATCH_KEY: quoted(kv.key),
    ETCD_WATCH_VALUE: quoted(valueText(kv.value)),
  }
  const started = yield* session.p.spawn({ argv, env })
  if ('error' in started) {
    yield* session.p.err(
      `command ${quoted(argv.join(' '))} error (exec: ${quoted(argv[0] ?? '')}: executable file not found in $PATH)\n`,
    )
    throw new Failed(EXIT.error, `exec: ${quoted(argv[0] ?? '')}: executable file not found in $PATH`)
  }
  const code = yield* session.p.wait(started.pid)
  if (code !== 0) throw new Failed(EXIT.error, `exit status ${code}`)
}
