/** Lines of the kubelet's log: its process has a number of its own (O1). */
import { klogHeader } from '../objects/klog.ts'
import type { LogLevel } from '../objects/klog.ts'

export { structured } from '../objects/klog.ts'
export type { LogFacts, LogLevel } from '../objects/klog.ts'

/** `E1121 01:27:07.866691     396 run.go:72] "command failed" err="…"`. */
export function klogLine(head: { level: LogLevel; clockMs: number; pid: number; where: string }, text: string): string {
  return `${klogHeader(head.level, head.clockMs, head.where, head.pid)} ${text}`
}
