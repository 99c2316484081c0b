/** What the one who asks for a job of a unit hears, at once or when it is over. */
import type { HostName } from '../../fabric/fabric.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { ANSWER_EVENT, RUNTIME_ADDRESS } from '../pending.ts'
import type { AnswerData } from '../pending.ts'

/** A process that waits in a system call. */
export interface Waiter {
  pid: number
  call: string
}

/** How a job began: done at once, to be told later, or refused. */
export type JobStart =
  | { done: true }
  | { pending: true }
  | { failed: string }
  | { refused: 'not-found' | 'masked' | 'error' | 'bad-setting' | 'manual'; unit?: string }

/** Answers all who wait for a unit; then nobody does. */
export function answerWaiters(
  { name: host, hosts }: { name: HostName; hosts: { kernel: Kernel } },
  record: { waiters: Waiter[] },
  answer: JobStart,
): void {
  const { waiters } = record
  record.waiters = []
  for (const { pid, call } of waiters) {
    const data: AnswerData = { host, pid, call, answer }
    hosts.kernel.send({ to: RUNTIME_ADDRESS, type: ANSWER_EVENT, data })
  }
}
