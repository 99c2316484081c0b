/** The shape of a family of system calls: name → what the host does. The process runtime plugs the tables in. */
import type { Fabric } from '../../fabric/fabric.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Hosts } from '../host.ts'
import type { PENDING } from '../pending.ts'
import type { Syscall } from '../process.ts'
import type { RuntimeCaller } from '../runtime/world.ts'

/** What a handler can reach. */
export interface World {
  kernel: Kernel
  fabric: Fabric
  hosts: Hosts
}

/** The process that asks. */
export type Caller = RuntimeCaller

/** Carries out one system call. Returns its answer, or `PENDING` when an `AnswerData` event follows. */
export type SyscallHandler = (world: World, process: Caller, args: Syscall) => unknown | typeof PENDING

export type SyscallTable = Record<string, SyscallHandler>
