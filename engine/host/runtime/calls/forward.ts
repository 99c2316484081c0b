/** Input of a terminal that goes on into a stream, as of a client with a terminal elsewhere (`kubectl exec -it`). */
import type { SentRequest } from '../../network-port.ts'
import type { Machine, RuntimeCall } from '../machine.ts'
import type { Terminal } from '../record.ts'
import { networkOf, pointOf } from './network.ts'

function send(machine: Machine, terminal: Terminal, input: unknown): boolean {
  const { forward } = terminal
  if (forward === undefined) return false
  const process = machine.processes.get(forward.pid)
  const sent = machine.exchanges.get(`${forward.pid}.${forward.stream}`)?.sent as SentRequest | undefined
  if (process === undefined || sent === undefined) {
    delete terminal.forward
    return false
  }
  networkOf(machine, process).input(pointOf(process), sent, input)
  return true
}

/** Hands on what is ready to be read; false when nobody takes it. */
export function forwardTyped(machine: Machine, terminal: Terminal): boolean {
  const { ready, end } = terminal
  if (terminal.forward === undefined || (ready === '' && !end)) return false
  if (ready !== '' && !send(machine, terminal, { channel: 'stdin', data: ready })) return false
  terminal.ready = ''
  if (end && send(machine, terminal, null)) terminal.end = false
  return true
}

export function forwardSize(machine: Machine, { columns, rows, ...terminal }: Terminal): void {
  send(machine, { columns, rows, ...terminal }, { channel: 'resize', columns, rows })
}

/** From now on the terminal's input goes into the stream; with no stream, back to its readers. */
export const ttyForward: RuntimeCall = (machine, process, args) => {
  const terminal = process.tty === undefined ? undefined : machine.terminals.get(process.tty)
  if (terminal === undefined) return false
  delete terminal.forward
  if (args.stream === undefined) return true
  terminal.forward = { pid: process.pid, stream: args.stream as number }
  forwardTyped(machine, terminal)
  forwardSize(machine, terminal)
  return true
}
