/** What containers write, kept by lines. */
import type { ContainerInstance } from './state.ts'

/** Lines kept of one container. */
const LOG_LINES = 1000

/** Splits output into lines; a piece without its newline is joined by the next one. */
export function appendOutput(
  instance: ContainerInstance,
  atMs: number,
  stream: 'stdout' | 'stderr',
  text: string,
): void {
  const pieces = text.split('\n')
  const rest = pieces.pop() ?? ''
  for (const piece of pieces) addLine(instance, atMs, stream, piece, false)
  if (rest !== '') addLine(instance, atMs, stream, rest, true)
  if (instance.logs.length > LOG_LINES) instance.logs.splice(0, LOG_LINES / 4)
}

function addLine(
  instance: ContainerInstance,
  atMs: number,
  stream: 'stdout' | 'stderr',
  text: string,
  partial: boolean,
): void {
  const last = instance.logs[instance.logs.length - 1]
  const joins = last?.partial === true && last.stream === stream
  if (joins)
    instance.logs[instance.logs.length - 1] = {
      atMs: last.atMs,
      stream,
      text: last.text + text,
      ...(partial && { partial }),
    }
  else instance.logs.push({ atMs, stream, text, ...(partial && { partial }) })
}
