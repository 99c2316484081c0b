/** The text of FailedScheduling (E4): Models pkg/scheduler/framework/types.go FitError. */

/** ` <count> <reason>, …` with the counted texts sorted as strings. */
export function countReasons(reasons: string[]): string {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort(byBytes)
    .join(', ')
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.` */
export function fitError(nodes: number, reasons: string[]): string {
  return `0/${nodes} nodes are available: ${countReasons(reasons)}.`
}

/** The same for a rejection of the pod as a whole. */
export function preFilterError(nodes: number, reason: string): string {
  return `0/${nodes} nodes are available: ${reason}.`
}

export const NO_NODES = 'no nodes available to schedule pods'
const MAX_EVENT_MESSAGE = 1024

/** Events hold 1024 bytes; longer texts are cut. */
export function cutMessage(message: string): string {
  return message.length <= MAX_EVENT_MESSAGE ? message : `${message.slice(0, MAX_EVENT_MESSAGE - 4)} ...`
}
