/**
 * A snapshot as a file: text that holds all it says, so that it can be copied, cut off and spoilt.
 *
 *     etcd snapshot
 *     {"version":"3.6.5","revision":42,…}     what `etcdutl snapshot status` prints
 *     {"store":…}                             the database
 *     sha256:<hex of all before>
 *
 * Models etcdutl/snapshot/v3_snapshot.go (Status, Restore) (H3). A database file that was copied from a
 * data directory has no hash; it is not simulated as a source.
 */
import { sha256 } from '@noble/hashes/sha2.js'

import { Backend } from './backend.ts'
import { minorOf, urlsByName } from './config.ts'
import type { InitialMember } from './config.ts'
import { crc32c } from './hash.ts'
import { Database } from './database.ts'
import type { DatabaseState } from './database.ts'
import { databaseText, walText } from './data-dir.ts'
import type { DiskFile } from './data-dir.ts'
import { clusterIdOf, memberIdOf } from './ids.ts'
import { bootstrapDisk } from './raft/disk.ts'
import type { RaftDisk } from './raft/types.ts'
import { recordBytes } from './sizes.ts'

const MAGIC = 'etcd snapshot'

export interface SnapshotHeader {
  version: string
  revision: number
  totalKeys: number
  sizeBytes: number
  /** 8 hex digits at most, as `%x` prints them. */
  hash: string
}

export function makeSnapshot(db: DatabaseState, version: string, sizeBytes: number): string {
  const body = JSON.stringify(db)
  const header: SnapshotHeader = {
    version,
    revision: db.store.revision,
    totalKeys: totalKeysOf(db),
    sizeBytes,
    hash: crc32c(body).toString(16),
  }
  const text = `${MAGIC}\n${JSON.stringify(header)}\n${body}\n`
  return `${text}sha256:${sha256Of(text)}\n`
}

/** Versions of keys, members, and what etcd notes for itself: all keys of all buckets count. */
function totalKeysOf({ store, membership, lessor, alarms, auth }: DatabaseState): number {
  const own = 5 + (store.compactRevision > 0 ? 2 : 0)
  return (
    store.changes.length +
    membership.members.length +
    membership.removed.length +
    lessor.leases.length +
    alarms.length +
    (auth === undefined ? 0 : auth.users.length + auth.roles.length + Number(auth.enabled)) +
    own
  )
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const hexOf = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const sha256Of = (text: string): string => hexOf(sha256(bytesOf(text)))

export interface ReadSnapshot {
  header: SnapshotHeader
  db: DatabaseState
  /** Absent: the file ends before it. */
  hash?: string
  actualHash: string
}

/** undefined: not the file of a snapshot, or not enough of it. */
export function readSnapshot(text: string): ReadSnapshot | undefined {
  const match = /^([^\n]*)\n([^\n]*)\n([^\n]*)\n(?:sha256:([0-9a-f]{64})\n?)?$/.exec(text)
  if (match === null || match[1] !== MAGIC) return undefined
  const [, magic, header, body, hash] = match as unknown as [string, string, string, string, string | undefined]
  try {
    const read = { header: JSON.parse(header) as SnapshotHeader, db: JSON.parse(body) as DatabaseState }
    const actualHash = sha256Of(`${magic}\n${header}\n${body}\n`)
    return hash === undefined ? { ...read, actualHash } : { ...read, hash, actualHash }
  } catch {
    return undefined
  }
}

/** What `snapshot status` says, or its error. */
export function snapshotStatus(text: string): SnapshotHeader | { error: string } {
  if (text === '') return { error: 'snapshot file is empty' }
  const read = readSnapshot(text)
  if (read === undefined) return { error: 'invalid database' }
  if (read.hash !== undefined && read.hash !== read.actualHash) return { error: mismatch(read) }
  return read.header
}

const goBytes = (hex: string): string => `[${(hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16)).join(' ')}]`
const mismatch = ({ hash = '', actualHash }: ReadSnapshot): string =>
  `expected sha256 ${goBytes(hash)}, got ${goBytes(actualHash)}`

export interface RestoreOptions {
  /** The version of the tool: 3.4 says some things in other words. */
  version: string
  name: string
  initialCluster: InitialMember[]
  token: string
  advertisePeerUrls: string[]
  dataDir: string
  /** Default: below the data directory. */
  walDir?: string
  /** What is at the place of the data directory. */
  dataDirState: 'absent' | 'empty' | 'used'
  bumpRevision?: number
  markCompacted?: boolean
  skipHashCheck?: boolean
}

export interface Restored {
  /** To write, with their directories (0700). */
  files: DiskFile[]
  clusterId: string
  memberId: string
  members: { id: string; name: string; peerUrls: string[] }[]
  revision: number
}

/** What restoring writes, or the text of the error without `Error: `. */
export function restoreSnapshot(text: string, options: RestoreOptions): Restored | { error: string } {
  const refused = clusterProblem(options) ?? directoryProblem(options)
  if (refused !== undefined) return { error: refused }
  const read = readSnapshot(text)
  if (options.skipHashCheck !== true) {
    if (read === undefined || read.hash === undefined)
      return { error: 'snapshot missing hash but --skip-hash-check=false' }
    if (read.hash !== read.actualHash) return { error: mismatch(read) }
  }
  if (read === undefined) return { error: 'invalid database' }
  return restore(read.db, options)
}

function restore(snapshot: DatabaseState, options: RestoreOptions): Restored {
  const { name, token, dataDir, walDir = `${dataDir}/member/wal` } = options
  const members = [...urlsByName(options.initialCluster)].map(([each, peerUrls]) => ({
    id: memberIdOf(peerUrls, token),
    name: each,
    peerUrls,
  }))
  const clusterId = clusterIdOf(members.map(({ id }) => id))
  const memberId = (members.find((member) => member.name === name) as { id: string }).id
  const db = databaseFor(snapshot, options)
  const infos = members.map(({ id, name: given, peerUrls }) => {
    return { id, name: given, peerUrls, clientUrls: [], isLearner: false }
  })
  db.membership = { clusterId, members: infos, removed: [] }
  const raft = snapshotDisk(members.map(({ id }) => id))
  const disk = { memberId, clusterId, version: options.version, raft, db }
  const files = [databaseText({ dataDir, disk }), walText({ walDir, disk })]
  return { files, clusterId, memberId, members, revision: db.store.revision }
}

/** The log begins with a snapshot behind its members: who joins later gets the database, not a log from nothing. */
function snapshotDisk(ids: readonly string[]): RaftDisk {
  const booted = bootstrapDisk(ids.map((id) => ({ id })))
  const { commit: index, term, voters } = booted
  const log = { offset: index, offsetTerm: term, entries: [] }
  return { ...booted, log, applied: index, snapshot: { index, term, voters, learners: [] } }
}

/** The keys stay; revisions go on from a higher number if wished, and what was before can be forgotten. */
function databaseFor(snapshot: DatabaseState, { bumpRevision = 0, markCompacted }: RestoreOptions): DatabaseState {
  const db = new Database(1)
  db.load({ ...snapshot, alarms: [] })
  const { revision } = db.store
  if (bumpRevision > 0) db.store.bump(bumpRevision)
  if (bumpRevision > 0 && markCompacted === true) db.store.compact(revision + bumpRevision)
  const state = db.dump()
  return { ...state, backend: freshBackend(db), lessor: { ...state.lessor, expiries: {} } }
}

function freshBackend(db: Database): DatabaseState['backend'] {
  const backend = new Backend()
  const kept = db.store.versions().sort((a, b) => a.modRevision - b.modRevision)
  for (const kv of kept) backend.append(kv.modRevision, recordBytes(kv), 0)
  backend.defragment(0)
  return backend.dump()
}

function directoryProblem({ version, dataDir, dataDirState }: RestoreOptions): string | undefined {
  if (dataDirState === 'absent' || (dataDirState === 'empty' && minorOf(version) >= 5)) return undefined
  return minorOf(version) < 5
    ? `data-dir ${JSON.stringify(dataDir)} exists`
    : `data-dir ${JSON.stringify(dataDir)} not empty or could not be read`
}

/** What is wrong with --initial-cluster, as a start would say (VerifyBootstrap). */
export function clusterProblem(
  options: Pick<RestoreOptions, 'name' | 'initialCluster' | 'advertisePeerUrls' | 'version'>,
): string | undefined {
  const { name, initialCluster, advertisePeerUrls } = options
  const urls = urlsByName(initialCluster).get(name)
  if (urls === undefined) return `couldn't find local name ${JSON.stringify(name)} in the initial cluster configuration`
  const all = initialCluster.map(({ url }) => url)
  if (new Set(all).size < all.length) return `initial cluster ${joined(initialCluster)} has duplicate url`
  const advertised = [...advertisePeerUrls].sort()
  if (urls.join() === advertised.join()) return undefined
  return advertiseMismatch(name, urls, advertised)
}

const joined = (members: readonly InitialMember[]): string => members.map(({ name, url }) => `${name}=${url}`).join(',')

/** --initial-cluster and --initial-advertise-peer-urls disagree (advertiseMatchesCluster). */
function advertiseMismatch(name: string, urls: string[], advertised: string[]): string {
  const given = urls.map((url) => `${name}=${url}`).join(',')
  const missing = urls.filter((url) => !advertised.includes(url)).map((url) => `${name}=${url}`)
  const lead =
    missing.length > 0
      ? `--initial-cluster has ${missing.join(',')} but missing from --initial-advertise-peer-urls=${advertised.join(',')}`
      : `--initial-advertise-peer-urls has ${advertised.filter((url) => !urls.includes(url)).join(',')} but missing from --initial-cluster=${given}`
  if (missing.length === 0 || urls.length !== advertised.length) return lead
  return `${lead} (resolved urls: ${JSON.stringify(advertised[0])} != ${JSON.stringify(urls[0])})`
}
