/** Snapshots on the disk: what etcdctl and etcdutl do with them. Models etcdutl/snapshot/v3_snapshot.go (H3). */
import { restoreSnapshot, snapshotStatus } from '../../etcd/snapshot.ts'
import type { RestoreOptions, Restored } from '../../etcd/snapshot.ts'
import type { Proc, Run } from '../../host/process.ts'
import { minorOf } from './cobra.ts'
import { badArgs, EXIT, Failed } from './exit.ts'
import { consoleLine, jsonLine } from './log.ts'
import type { LogFields } from './log.ts'
import type { SnapshotStatus } from './printers/responses.ts'
import { pathError } from './tls.ts'

/** What `snapshot status` tells of a file. */
export function* statusOf(p: Proc, path: string): Run<SnapshotStatus> {
  const read = yield* p.readFile(path)
  if ('error' in read) throw new Failed(EXIT.error, pathError(read.error === 'ENOENT' ? 'stat' : 'open', path, read))
  const status = snapshotStatus(read.text)
  if ('error' in status) throw new Failed(EXIT.error, status.error)
  const { hash, revision, totalKeys, sizeBytes, version } = status
  return { hash: parseInt(hash, 16), revision, totalKey: totalKeys, totalSize: sizeBytes, version }
}

export interface RestoreFlags {
  dataDir: string
  walDir: string
  name: string
  initialCluster: string
  token: string
  advertisePeerUrls: string
  skipHashCheck: boolean
  bumpRevision: number
  markCompacted: boolean
}

/** Restores a snapshot into a data directory, with the log lines of the version. */
export function* restoreFile(p: Proc, version: string, path: string, flags: RestoreFlags): Run<void> {
  checkBump(flags)
  const dataDir = flags.dataDir === '' ? `${flags.name}.etcd` : flags.dataDir
  const walDir = flags.walDir === '' ? `${dataDir}/member/wal` : flags.walDir
  const absolute = (one: string): string => (one.startsWith('/') ? one : `${p.cwd === '/' ? '' : p.cwd}/${one}`)
  const options: RestoreOptions = {
    version,
    name: flags.name,
    initialCluster: parseCluster(flags.initialCluster),
    token: flags.token,
    advertisePeerUrls: flags.advertisePeerUrls.split(','),
    dataDir,
    walDir,
    dataDirState: yield* stateOf(p, dataDir),
    ...(flags.bumpRevision > 0 && { bumpRevision: flags.bumpRevision }),
    markCompacted: flags.markCompacted,
    skipHashCheck: flags.skipHashCheck,
  }
  const early = restoreSnapshot('', { ...options, skipHashCheck: false })
  if ('error' in early && !early.error.startsWith('snapshot missing hash')) throw new Failed(EXIT.error, early.error)
  const places = { path, 'wal-dir': walDir, 'data-dir': dataDir, 'snap-dir': `${dataDir}/member/snap` }
  yield* logLine(p, version, 'restoring snapshot', LINES.restoring, places)
  const restored = yield* readAndRestore(p, path, options)
  yield* tellMembers(p, version, restored)
  for (const file of restored.files) yield* write(p, { ...file, path: absolute(file.path) })
  yield* logLine(p, version, 'restored snapshot', LINES.restored, places)
}

function checkBump({ bumpRevision, markCompacted }: RestoreFlags): void {
  if (bumpRevision > 0 && !markCompacted) throw badArgs('--mark-compacted required if --revision-bump > 0')
  if (bumpRevision === 0 && markCompacted) throw badArgs('--mark-compacted can be set only if --revision-bump > 0')
}

/** `a=http://1:2380,b=http://2:2380` */
function parseCluster(text: string): RestoreOptions['initialCluster'] {
  return text.split(',').map((pair) => {
    const [name = '', url] = pair.trim().split(/=(.*)/)
    if (url === undefined || name === '')
      throw new Failed(EXIT.error, `empty URL given for ${JSON.stringify(pair.trim())}`)
    return { name, url }
  })
}

function* stateOf(p: Proc, dataDir: string): Run<RestoreOptions['dataDirState']> {
  const listed = yield* p.list(dataDir)
  if ('names' in listed) return listed.names.length === 0 ? 'empty' : 'used'
  return listed.error === 'ENOENT' ? 'absent' : 'used'
}

function* readAndRestore(p: Proc, path: string, options: RestoreOptions): Run<Restored> {
  const read = yield* p.readFile(path)
  if ('error' in read) throw new Failed(EXIT.error, pathError('open', path, read))
  const restored = restoreSnapshot(read.text, options)
  if ('error' in restored) throw new Failed(EXIT.error, restored.error)
  return restored
}

function* write(p: Proc, file: { path: string; text: string; mode: number }): Run<void> {
  yield* makePath(p, file.path.slice(0, file.path.lastIndexOf('/')))
  const written = yield* p.writeFile(file.path, file.text, { mode: file.mode })
  if ('error' in written) throw new Failed(EXIT.error, pathError('open', file.path, written))
}

/** Directories of a member are for its owner alone. */
function* makePath(p: Proc, path: string): Run<void> {
  if (path === '' || !('error' in (yield* p.stat(path)))) return
  yield* makePath(p, path.slice(0, path.lastIndexOf('/')))
  const made = yield* p.mkdir(path, { mode: 0o700 })
  if ('error' in made && made.error !== 'EEXIST') throw new Failed(EXIT.error, pathError('mkdir', path, made))
}

function* tellMembers(p: Proc, version: string, { clusterId, members }: Restored): Run<void> {
  const minor = minorOf(version)
  if (minor > 4) yield* logLine(p, version, 'Trimming membership information from the backend...', LINES.trimming, {})
  for (const { id, peerUrls } of members)
    yield* logLine(p, version, 'added member', LINES.added, {
      'cluster-id': clusterId,
      'local-member-id': '0',
      'added-peer-id': id,
      'added-peer-peer-urls': peerUrls,
      ...(minor > 4 && { 'added-peer-is-learner': false }),
    })
}

/** Where each version's source has its lines. */
const LINES = {
  restoring: ['snapshot/v3_snapshot.go:296', 'snapshot/v3_snapshot.go:265', 'snapshot/v3_snapshot.go:305'],
  trimming: ['', 'membership/store.go:138', 'schema/membership.go:138'],
  added: ['membership/cluster.go:392', 'membership/cluster.go:421', 'membership/cluster.go:424'],
  restored: ['snapshot/v3_snapshot.go:309', 'snapshot/v3_snapshot.go:293', 'snapshot/v3_snapshot.go:333'],
} as const

function* logLine(
  p: Proc,
  version: string,
  message: string,
  callers: readonly [string, string, string],
  fields: LogFields,
): Run<void> {
  const minor = Math.min(6, Math.max(4, minorOf(version)))
  const caller = callers[minor - 4] as string
  if (minor === 4) return yield* jsonLine(p, version, 'info', { caller, msg: message, ...fields }, 'seconds')
  const size = message.endsWith('ing snapshot') || message === 'restored snapshot' ? sizeField(minor) : {}
  yield* consoleLine(p, 'info', caller, message, { ...fields, ...size })
}

/** Since 3.6 (and late 3.5). */
const sizeField = (minor: number): LogFields => (minor >= 6 ? { 'initial-memory-map-size': 10_737_418_240 } : {})
