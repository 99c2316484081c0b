/** The rows that the simple and the table form share. Models etcdctl/ctlv3/command/printer.go. */
import { hexId } from './responses.ts'
import type { EndpointHash, EndpointHealth, EndpointStatus, Of, SnapshotStatus } from './responses.ts'

export interface Rows {
  headers: string[]
  rows: string[][]
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** humanize.Bytes: `25 kB`, `2.1 GB`. */
export function humanBytes(bytes: number): string {
  if (bytes < 10) return `${bytes} B`
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log(bytes) / Math.log(1000) + 1e-9))
  const value = Math.floor((bytes / 1000 ** power) * 10 + 0.5) / 10
  return `${value < 10 ? value.toFixed(1) : halfToEven(value)} ${UNITS[power]}`
}

/** Go's %.0f: 20.5 is 20. */
function halfToEven(value: number): number {
  const floor = Math.floor(value)
  return value - floor === 0.5 && floor % 2 === 0 ? floor : Math.round(value)
}

export function memberRows({ members }: Of<'members'>): Rows {
  return {
    headers: ['ID', 'Status', 'Name', 'Peer Addrs', 'Client Addrs', 'Is Learner'],
    rows: members.map(({ id, name, peerUrls, clientUrls, isLearner }) => [
      hexId(id),
      name === '' ? 'unstarted' : 'started',
      name,
      peerUrls.join(','),
      clientUrls.join(','),
      String(isLearner),
    ]),
  }
}

export function healthRows(list: EndpointHealth[]): Rows {
  const rows = list.map(({ endpoint, healthy, took, error }) => [endpoint, String(healthy), took, error])
  return { headers: ['endpoint', 'health', 'took', 'error'], rows }
}

const STATUS = {
  before: ['endpoint', 'ID', 'version'],
  sizes: ['storage version', 'db size', 'in use', 'percentage not in use', 'quota'],
  raft: ['is leader', 'is learner', 'raft term', 'raft index', 'raft applied index', 'errors'],
  downgrade: ['downgrade target version', 'downgrade enabled'],
}

export function statusRows(list: EndpointStatus[], minor: number): Rows {
  const isNew = minor >= 6
  const headers = [
    ...STATUS.before,
    ...(isNew ? STATUS.sizes : ['db size']),
    ...STATUS.raft,
    ...(isNew ? STATUS.downgrade : []),
  ]
  return { headers, rows: list.map((one) => statusRow(one, isNew)) }
}

function statusRow({ endpoint, header, status }: EndpointStatus, isNew: boolean): string[] {
  const { dbSize, dbSizeInUse = dbSize, dbSizeQuota = 0 } = status
  const free = dbSize === 0 ? 0 : 100 - Math.floor((dbSizeInUse * 100) / dbSize)
  const sizes = [humanBytes(dbSizeInUse), `${free}%`, humanBytes(dbSizeQuota)]
  return [
    endpoint,
    hexId(header.memberId),
    status.version,
    ...(isNew ? [status.storageVersion ?? '', humanBytes(dbSize), ...sizes] : [humanBytes(dbSize)]),
    String(hexId(status.leader) === hexId(header.memberId)),
    String(status.isLearner),
    String(status.raftTerm),
    String(status.raftIndex),
    String(status.raftAppliedIndex),
    status.errors.join(', '),
    ...(isNew ? ['', 'false'] : []),
  ]
}

export function hashRows(list: EndpointHash[], minor: number): Rows {
  const isNew = minor >= 6
  return {
    headers: ['endpoint', 'hash', ...(isNew ? ['hash_revision'] : [])],
    rows: list.map(({ endpoint, hash, hashRevision }) => [
      endpoint,
      String(hash),
      ...(isNew ? [String(hashRevision)] : []),
    ]),
  }
}

export function snapshotRows({ hash, revision, totalKey, totalSize, version }: SnapshotStatus, minor: number): Rows {
  const isNew = minor >= 6
  return {
    headers: ['hash', 'revision', 'total keys', 'total size', ...(isNew ? ['version'] : [])],
    rows: [
      [hash.toString(16), String(revision), String(totalKey), humanBytes(totalSize), ...(isNew ? [version ?? ''] : [])],
    ],
  }
}
