/** Who listens on a host, for ss, netstat, lsof and fuser: its daemons, and programs that listen. */
import type { ListeningSocket } from '../host.ts'
import type { Proc, Run } from '../process.ts'
import type { HostFactsAnswer } from '../syscalls/host.ts'

interface Listener {
  pid: number
  port: number
  bind: string
  program: string
  backlog: number
}

export interface Socket extends ListeningSocket {
  /** How many connections may wait. */
  backlog: number
}

const addressOf = (bind: string): string => (bind === 'localhost' ? '127.0.0.1' : bind === '::' ? '*' : bind)

export function* listeningSockets(p: Proc): Run<Socket[]> {
  const { sockets } = (yield* p.ask('host.facts')) as HostFactsAnswer
  const programs = (yield* p.ask('listeners')) as Listener[]
  return [
    ...sockets.map((one) => ({ ...one, backlog: one.port === 22 ? 128 : 4096 })),
    ...programs.map(({ pid, port, bind, program, backlog }) => ({ address: addressOf(bind), port, pid, backlog, program: program.split('/').at(-1) ?? '' })), // prettier-ignore
  ].sort((a, b) => a.port - b.port || (a.address < b.address ? -1 : 1))
}

/** Datagram sockets: the resolver's, and the tunnel's of the kernel itself. */
export function* datagramSockets(p: Proc): Run<Socket[]> {
  const { interfaces } = (yield* p.ask('host.facts')) as HostFactsAnswer
  const names = (yield* listeningSockets(p)).filter(({ port, address }) => port === 53 && address.startsWith('127.'))
  const tunnel: Socket[] = interfaces.some(({ name }) => name === 'flannel.1')
    ? [{ address: '0.0.0.0', port: 8472, program: '', pid: 0, backlog: 0 }]
    : []
  return [...names, ...tunnel]
}
