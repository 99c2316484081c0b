/** Models etcdctl/ctlv3/command/snapshot_command.go and client/v3/snapshot (H3): save; status and restore up to 3.5. */
import type { Run } from '../../../host/process.ts'
import { badArgs, EXIT, Failed } from '../exit.ts'
import { grpcText, isOfUsers } from '../grpc.ts'
import { jsonLine } from '../log.ts'
import type { LogFields } from '../log.ts'
import { humanBytes } from '../printers/rows.ts'
import { restoreFile, statusOf } from '../snapshot-file.ts'
import type { Session, Verb } from '../session.ts'
import { pathError } from '../tls.ts'

/** Where each version's source has its lines. */
const LINES = {
  created: ['snapshot/v3_snapshot.go:119', 'snapshot/v3_snapshot.go:65', 'snapshot/v3_snapshot.go:83'],
  opened: ['clientv3/maintenance.go:200', 'v3@/maintenance.go:212', 'v3@/maintenance.go:236'],
  fetching: ['snapshot/v3_snapshot.go:127', 'snapshot/v3_snapshot.go:73', 'snapshot/v3_snapshot.go:96'],
  read: ['clientv3/maintenance.go:208', 'v3@/maintenance.go:220', 'v3@/maintenance.go:302'],
  broken: ['clientv3/maintenance.go:210', 'v3@/maintenance.go:223', 'v3@/maintenance.go:305'],
  fetched: ['snapshot/v3_snapshot.go:142', 'snapshot/v3_snapshot.go:88', 'snapshot/v3_snapshot.go:111'],
  saved: ['snapshot/v3_snapshot.go:152', 'snapshot/v3_snapshot.go:97', 'snapshot/v3_snapshot.go:121'],
} as const

function* say(
  session: Session,
  line: keyof typeof LINES,
  msg: string,
  fields: LogFields = {},
  level: 'info' | 'warn' = 'info',
): Run<void> {
  const { minor, version } = session
  const caller = (LINES[line][Math.min(6, Math.max(4, minor)) - 4] as string).replace('v3@', `v3@v${version}`)
  const ofClient = line === 'opened' || line === 'read' || line === 'broken'
  const logger = ofClient && minor > 4 ? { logger: 'client' } : {}
  const stamp = minor === 4 && !ofClient ? 'seconds' : 'iso'
  yield* jsonLine(session.p, version, level, { ...logger, caller, msg, ...fields }, stamp)
}

const save: Verb = function* (session) {
  const { args, p } = session
  if (args.length !== 1) throw badArgs('snapshot save expects one argument')
  const [path = ''] = args
  const client = yield* session.client()
  const { endpoints } = client.config
  if (endpoints.length !== 1)
    throw new Failed(
      EXIT.interrupted,
      `snapshot must be requested to one selected node, not multiple [${endpoints.join(' ')}]`,
    )
  const part = `${path}.part`
  const made = yield* p.writeFile(part, '', { mode: 0o600 })
  if ('error' in made) throw new Failed(EXIT.interrupted, `could not open ${part} (${pathError('open', part, made)})`)
  yield* say(session, 'created', 'created temporary db file', { path: part })
  const startedMs = yield* p.now()
  const [endpoint = ''] = endpoints
  const begun = function* (): Run<void> {
    yield* say(session, 'opened', 'opened snapshot stream; downloading')
    yield* say(session, 'fetching', 'fetching snapshot', { endpoint })
  }
  const answer = yield* client.call({ kind: 'snapshot' }, { timeoutMs: Infinity, isStream: true })
  if ('error' in answer && !isOfUsers(answer.error)) throw new Failed(EXIT.error, answer.error)
  yield* begun()
  if ('error' in answer) return yield* refused(session, part, grpcText(answer.error))
  const { result } = answer
  if (result.kind !== 'snapshot') return
  yield* p.writeFile(part, result.text)
  yield* say(session, 'read', 'completed snapshot read; closing')
  const tookMs = (yield* p.now()) - startedMs
  const took = session.minor === 4 ? tookMs / 1000 + 0.001566163 : took2(tookMs)
  const version = session.minor >= 6 ? { 'etcd-version': result.version } : {}
  yield* say(session, 'fetched', 'fetched snapshot', { endpoint, size: humanBytes(result.sizeBytes), took, ...version })
  const renamed = yield* p.rename(part, path)
  if ('error' in renamed)
    throw new Failed(EXIT.interrupted, `could not rename ${part} to ${path} (${pathError('rename', path, renamed)})`)
  yield* say(session, 'saved', 'saved', { path })
  yield* p.out(`Snapshot saved at ${path}\n`)
  if (session.minor >= 6) yield* p.out(`Server version ${result.version}\n`)
}

/** What was begun is removed. */
function* refused(session: Session, part: string, error: string): Run<never> {
  yield* say(session, 'broken', 'failed to receive from snapshot stream; closing', { error }, 'warn')
  yield* session.p.remove(part)
  throw new Failed(EXIT.interrupted, error)
}

/** humanize.Time of an instant that is so long ago. */
const took2 = (ms: number): string => (ms < 1000 ? 'now' : `${Math.floor(ms / 1000)} second${ms < 2000 ? '' : 's'} ago`)

function* deprecated(session: Session, verb: string): Run<void> {
  if (session.minor === 5) yield* session.p.err(`Deprecated: Use \`etcdutl snapshot ${verb}\` instead.\n\n`)
}

const status: Verb = function* (session) {
  yield* deprecated(session, 'status')
  if (session.args.length !== 1) throw badArgs('snapshot status requires exactly one argument')
  yield* session.show({ kind: 'snapshot', status: yield* statusOf(session.p, session.args[0] as string) })
}

const restore: Verb = function* (session) {
  yield* deprecated(session, 'restore')
  if (session.args.length !== 1) throw badArgs('snapshot restore requires exactly one argument')
  yield* restoreFile(session.p, session.version, session.args[0] as string, {
    dataDir: session.flag('data-dir'),
    walDir: session.flag('wal-dir'),
    name: session.flag('name'),
    initialCluster: session.flag('initial-cluster'),
    token: session.flag('initial-cluster-token'),
    advertisePeerUrls: session.flag('initial-advertise-peer-urls'),
    skipHashCheck: session.isSet('skip-hash-check'),
    bumpRevision: Number(session.flag('bump-revision') || 0),
    markCompacted: session.isSet('mark-compacted'),
  })
}

export const snapshotVerbs: Record<string, Verb> = {
  'snapshot save': save,
  'snapshot status': status,
  'snapshot restore': restore,
}
