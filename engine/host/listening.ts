/** Ports of a host that its processes listen on, as the networks open and find them. */
import type { Dial, Fabric, HostName } from '../fabric/fabric.ts'
import { LISTENING } from './network-port.ts'

const isLoopback = (address: string): boolean => address === 'localhost' || address.startsWith('127.')

/** Opens a port; false when something listens there. */
export function openPort(fabric: Fabric, host: HostName, bind: string, port: number): boolean {
  if (fabric.listener(host, port) !== undefined) return false
  fabric.listen(host, port, isLoopback(bind) ? LISTENING.loopback : LISTENING.everyone)
  return true
}

/** What a connection to an address of a host finds: a port bound to the loopback refuses all other addresses. */
export function dialPort(fabric: Fabric, from: HostName, to: HostName, ip: string, port: number): Dial {
  const dial = fabric.dial(from, to, port)
  const isClosed = dial.kind === 'open' && dial.address.endsWith('/loopback') && !isLoopback(ip)
  return isClosed ? { kind: 'refused' } : dial
}
