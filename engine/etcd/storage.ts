/** The data directory of a running server: which disk it writes to, and when its files change. Models server/storage (backend, wal), as far as files show it. */
import type { Kernel } from '../kernel/kernel.ts'
import type { EtcdConfig } from './config.ts'
import { databasePath, writeDataDir } from './data-dir.ts'
import type { EtcdFiles } from './data-dir.ts'
import type { Database } from './database.ts'
import { Disks } from './disks.ts'
import type { Disk } from './disks.ts'

export interface StorageHost {
  readonly config: EtcdConfig | undefined
  readonly db: Database
  /** All that the data directory holds now. */
  disk(): Disk
}

export interface StorageState {
  /** The disk that is written to; null without files. */
  diskId: string | null
  /** As large as the database's file is said to be. */
  fileBytes: number
}

/** A file is written anew when the database grew by so much. */
const FILE_GRAIN_BYTES = 256 * 1024

export class Storage {
  readonly disks: Disks
  private state: StorageState = { diskId: null, fileBytes: 0 }

  constructor(
    private readonly kernel: Kernel,
    private readonly host: StorageHost,
    /** The host's files; undefined: the server remembers by itself. */
    readonly files: () => EtcdFiles | undefined,
  ) {
    this.disks = Disks.of(kernel)
  }

  /** Begins to write: to the disk that was opened, or to a new one. */
  open(diskId: string | undefined): void {
    this.state.diskId = this.files() === undefined ? null : (diskId ?? this.disks.create(this.host.disk()))
    this.use()
    this.write()
  }

  write(): void {
    const { diskId } = this.state
    const { config, db } = this.host
    const files = this.files()
    if (files === undefined || diskId === null || config === undefined) return
    this.state.fileBytes = db.backend.sizeBytes(this.kernel.now)
    writeDataDir(files, diskId, this.state.fileBytes, config.dataDir)
  }

  /** The database changed. */
  changed(): void {
    if (this.state.diskId === null) return
    if (this.host.db.backend.sizeBytes(this.kernel.now) > this.state.fileBytes + FILE_GRAIN_BYTES) this.write()
  }

  /** What the process leaves behind, if its directory is still there. */
  close(): void {
    const { diskId } = this.state
    if (diskId === null) return
    if (this.files()?.text(databasePath(this.host.config?.dataDir ?? '')) !== undefined) this.write()
    this.disks.close(diskId, this.host.disk())
  }

  dump(): StorageState {
    return { ...this.state }
  }

  /** `isRunning`: it goes on writing. */
  load(state: StorageState, isRunning: boolean): void {
    this.state = { ...state }
    if (isRunning) this.use()
  }

  private use(): void {
    if (this.state.diskId !== null) this.disks.use(this.state.diskId, () => this.host.disk())
  }
}
