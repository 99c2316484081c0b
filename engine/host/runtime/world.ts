/** What the process runtime needs of the world around it: files, programs, networks, clocks. */
import type { HostName } from '../../fabric/fabric.ts'
import type { FileTree } from '../files.ts'
import type { HostNetwork } from '../network-port.ts'
import type { PENDING } from '../pending.ts'
import type { Program, Syscall } from '../process.ts'
import type { ProcessRoot } from './root.ts'

export type { ProcessRoot }

/** The process that asks for a system call, as the host's own calls (`unit.start` …) see it. */
export interface RuntimeCaller {
  pid: number
  host: HostName
  root: ProcessRoot
  user: string
}

export interface ProcessWorld {
  /** The files of a root; undefined when the host or container is gone. */
  tree(host: HostName, root: ProcessRoot): FileTree | undefined
  /** The groups of a user there, the primary one first. */
  groups(host: HostName, root: ProcessRoot, user: string): readonly string[]
  /** The home directory of a user; undefined when there is no such user. */
  home(host: HostName, root: ProcessRoot, user: string): string | undefined
  network(host: HostName, root: ProcessRoot): HostNetwork
  /** Programs by the name that executables carry. */
  readonly programs: ReadonlyMap<string, Program>
  /** System calls beyond those of the runtime. `PENDING`: a `syscall.answer` event will come. */
  readonly syscalls: Readonly<Record<string, (caller: RuntimeCaller, args: Syscall) => unknown | typeof PENDING>>
  /** The Kubernetes release of the host's own tools. */
  release(host: HostName): string
  /** Milliseconds since 1970 UTC on the host's clock. */
  clockMs(host: HostName): number
}
