/**
 * How a system call that takes virtual time answers later. A handler returns `PENDING`; some
 * component then sends the kernel event `syscall.answer` to the process runtime.
 */
import type { HostName } from '../fabric/fabric.ts'

/** Returned by a handler whose answer comes later, as the kernel event `ANSWER_EVENT`. */
export const PENDING: unique symbol = Symbol('pending')

/** The kernel address of the process runtime (engine/host/runtime). */
export const RUNTIME_ADDRESS = 'processes'

/** The type of the kernel event that resumes a process; its data is an `AnswerData`. */
export const ANSWER_EVENT = 'syscall.answer'

/** Sent to `RUNTIME_ADDRESS`. A process that is gone by then, or that waits for another call, ignores it. */
export interface AnswerData {
  host: HostName
  pid: number
  /** The name of the call that is answered. */
  call: string
  answer: unknown
}
