/**
 * A member's files: `member/snap/db` and `member/wal/….wal` name a disk, or, when a snapshot was restored, hold it.
 * Models server/storage/datadir and what bootstrap.go makes of what it finds there.
 */
import type { Disk, Disks } from './disks.ts'

/** The part of a host's file tree that etcd uses; engine/host's FileTree has this form. */
export interface EtcdFiles {
  text(path: string): string | undefined
  node(path: string): { kind: 'file' | 'directory' | 'symlink' } | undefined
  list(path: string): { names: string[] } | { error: string }
  /** Writes a file as root, with its directories. */
  put(path: string, text: string, attributes?: { mode?: number; sizeBytes?: number }): void
  chmod(path: string, mode: number): unknown
}

export interface DiskFile {
  path: string
  text: string
  mode: number
  sizeBytes: number
}

const DATABASE = 'etcd database'
const WAL = 'etcd wal'
const FIRST_WAL = '0000000000000000-0000000000000000.wal'
const WAL_BYTES = 64_000_000
const PAGE_BYTES = 4096

export const databasePath = (dataDir: string): string => `${dataDir}/member/snap/db`

const mayHoldDisk = (disk: string | Disk): string => (typeof disk === 'string' ? disk : JSON.stringify(disk))

/** The database file of a disk (by id, or held whole). */
export function databaseText({
  dataDir,
  disk,
  sizeBytes,
}: {
  dataDir: string
  disk: string | Disk
  sizeBytes?: number
}): DiskFile {
  const bytes = sizeBytes ?? (typeof disk === 'string' ? 0 : disk.db.backend.pages * PAGE_BYTES)
  return { path: databasePath(dataDir), text: `${DATABASE}\n${mayHoldDisk(disk)}\n`, mode: 0o600, sizeBytes: bytes }
}

/** The log of the same disk. */
export function walText({ walDir, disk }: { walDir: string; disk: string | Disk }): DiskFile {
  const name = typeof disk === 'string' ? disk : `restored ${disk.memberId}`
  return { path: `${walDir}/${FIRST_WAL}`, text: `${WAL}\n${name}\n`, mode: 0o600, sizeBytes: WAL_BYTES }
}

export type Opened =
  | { kind: 'disk'; id: string; disk: Disk }
  /** Nothing is there: a new member. */
  | { kind: 'empty' }
  /** The texts of the last log line: its msg, and its error. */
  | { kind: 'failed'; msg: string; error: string }

/** Looks at a data directory and opens what it finds. */
export function openDataDir(files: EtcdFiles, disks: Disks, dataDir: string, walDir = `${dataDir}/member/wal`): Opened {
  const kind = files.node(dataDir)?.kind
  if (kind === 'file')
    return { kind: 'failed', msg: 'failed to list data directory', error: `readdirent ${dataDir}: not a directory` }
  const wal = walOf(files, walDir)
  const database = files.text(databasePath(dataDir))
  if (wal === undefined && database === undefined) return { kind: 'empty' }
  if (wal === undefined)
    return { kind: 'failed', msg: 'discovery failed', error: 'not simulated: a data directory without its WAL' }
  const found = database === undefined ? undefined : contentOf(database, DATABASE)
  if (database !== undefined && found === undefined)
    return { kind: 'failed', msg: 'failed to open database', error: 'invalid database' }
  return open(disks, found ?? wal, wal)
}

function walOf(files: EtcdFiles, walDir: string): string | undefined {
  const listed = files.list(walDir)
  const name = 'names' in listed ? listed.names.find((one) => one.endsWith('.wal')) : undefined
  if (name === undefined) return undefined
  return contentOf(files.text(`${walDir}/${name}`) ?? '', WAL) ?? ''
}

function contentOf(text: string, magic: string): string | undefined {
  const [first, content] = text.split('\n')
  return first === magic ? content : undefined
}

function open(disks: Disks, found: string, wal: string): Opened {
  if (wal === '') return { kind: 'failed', msg: 'discovery failed', error: 'walpb: crc mismatch' }
  if (found.startsWith('{')) {
    const disk = JSON.parse(found) as Disk
    if (wal !== `restored ${disk.memberId}`) return mixed
    return { kind: 'disk', id: disks.create(disk), disk }
  }
  if (numberOf(found) !== numberOf(wal)) return mixed
  const disk = disks.read(found)
  if (disk === undefined) return { kind: 'failed', msg: 'failed to open database', error: 'invalid database' }
  return { kind: 'disk', id: disks.reopen(found, disk), disk }
}

const numberOf = (id: string): string => id.split('.')[0] ?? ''

const mixed: Opened = {
  kind: 'failed',
  msg: 'discovery failed',
  error: 'not simulated: a database and a WAL of different members',
}

/** Writes the files of an open disk. What is new is for its owner only. */
export function writeDataDir(
  files: EtcdFiles,
  id: string,
  sizeBytes: number,
  dataDir: string,
  walDir = `${dataDir}/member/wal`,
): void {
  const isNew = files.node(`${dataDir}/member`) === undefined
  for (const file of [databaseText({ dataDir, disk: id, sizeBytes }), walText({ walDir, disk: id })])
    files.put(file.path, file.text, { mode: file.mode, sizeBytes: file.sizeBytes })
  if (!isNew) return
  for (const directory of [dataDir, `${dataDir}/member`, `${dataDir}/member/snap`, walDir])
    files.chmod(directory, 0o700)
}
