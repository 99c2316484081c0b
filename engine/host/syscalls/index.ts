/** All system calls of this folder by name; the process runtime looks here after its own. */
import type { Syscall } from '../process.ts'
import { hostCalls } from './host.ts'
import type { Caller, SyscallTable, World } from './table.ts'
import { accountCalls } from './accounts.ts'
import { keyCalls } from './keys.ts'
import { unitCalls } from './units.ts'

export const HOST_SYSCALLS: SyscallTable = { ...unitCalls, ...hostCalls, ...accountCalls, ...keyCalls }

/** The tables as the runtime's `ProcessWorld.syscalls` wants them, bound to a world. `more` adds those of others (`cri.list` …). */
export function boundSyscalls(
  world: World,
  more: SyscallTable = {},
): Record<string, (caller: Caller, args: Syscall) => unknown> {
  const all = { ...HOST_SYSCALLS, ...more }
  return Object.fromEntries(
    Object.entries(all).map(([name, handler]) => [
      name,
      (caller: Caller, args: Syscall) => handler(world, caller, args),
    ]),
  )
}
