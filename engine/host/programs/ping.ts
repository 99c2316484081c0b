/** ping of iputils and of busybox (Q6): hosts and pods that are up answer. Not modelled: IPv6, flooding, times of its own. */
import type { Proc, Program, Run } from '../process.ts'
import { parseOptions, valueOf } from './options.ts'
import { end } from './end.ts'

/** How long ping waits for a last answer. */
const PING_WAIT_MS = 10_000

const PING_SPEC = { flags: ['n', 'q', '4', 'v', 'A', 'f'], withValue: ['c', 'i', 'W', 'w', 's', 'I', 't'] }

/** Whether an address answers: a host that is up and not cut off. ClusterIPs do not answer. */
export function* echo(p: Proc, address: string): Run<boolean> {
  if (address.startsWith('127.')) return true
  const dial = (yield* p.ask('host.dial', { name: address, port: 0 })) as { dial?: string }
  if (dial.dial !== undefined) return dial.dial !== 'silent'
  return (yield* p.ask('network.ping', { address })) === true
}

export function pingOf(busybox: boolean): Program {
  return function* (argv, p) {
    const options = parseOptions(argv, PING_SPEC)
    const [name] = options.rest
    if (name === undefined) return yield* end(p, busybox ? 1 : 1, 'ping: usage error: Destination address required\n')
    const found = /^[\d.]+$/.test(name) ? { addresses: [name] } : yield* p.resolve(name)
    if ('error' in found)
      return yield* end(
        p,
        busybox ? 1 : 2,
        busybox
          ? `ping: bad address '${name}'\n`
          : `ping: ${name}: ${found.error === 'NXDOMAIN' ? 'Name or service not known' : 'Temporary failure in name resolution'}\n`,
      )
    const address = found.addresses[0] ?? name
    yield* p.catchSignals(['INT'])
    yield* p.out(
      busybox ? `PING ${name} (${address}): 56 data bytes\n` : `PING ${name} (${address}) 56(84) bytes of data.\n`,
    )
    return yield* pinging(p, {
      name,
      address,
      busybox,
      count: Number(valueOf(options, 'c') ?? Infinity),
      deadlineMs: Number(valueOf(options, 'w') ?? valueOf(options, 'W') ?? Infinity) * 1000,
      intervalMs: Number(valueOf(options, 'i') ?? 1) * 1000,
    })
  }
}

function* pinging(
  p: Proc,
  how: { name: string; address: string; busybox: boolean; count: number; deadlineMs: number; intervalMs: number },
): Run<number> {
  const started = yield* p.now()
  const times: number[] = []
  let sent = 0
  while (sent < how.count) {
    sent++
    if (yield* echo(p, how.address)) {
      const ms = 0.2 + (yield* p.random()) * 0.5
      times.push(ms)
      yield* p.out(
        how.busybox
          ? `64 bytes from ${how.address}: seq=${sent - 1} ttl=64 time=${ms.toFixed(3)} ms\n`
          : `64 bytes from ${how.address}: icmp_seq=${sent} ttl=64 time=${ms.toFixed(3)} ms\n`,
      )
    }
    const last = sent >= how.count
    const waitMs = last ? (times.length === sent ? 0 : Math.min(PING_WAIT_MS, how.deadlineMs)) : how.intervalMs
    if (waitMs > 0 && !(yield* p.sleep(waitMs))) break
    if ((yield* p.now()) - started >= how.deadlineMs && how.deadlineMs > how.intervalMs) break
  }
  const loss = Math.round(((sent - times.length) / sent) * 100)
  const [min, max, avg] = [
    Math.min(...times),
    Math.max(...times),
    times.reduce((sum, each) => sum + each, 0) / times.length,
  ]
  const rtt =
    times.length === 0
      ? ''
      : how.busybox
        ? `round-trip min/avg/max = ${min.toFixed(3)}/${avg.toFixed(3)}/${max.toFixed(3)} ms\n`
        : `rtt min/avg/max/mdev = ${min.toFixed(3)}/${avg.toFixed(3)}/${max.toFixed(3)}/${((max - min) / 2).toFixed(3)} ms\n`
  yield* p.out(
    how.busybox
      ? `\n--- ${how.name} ping statistics ---\n${sent} packets transmitted, ${times.length} packets received, ${loss}% packet loss\n${rtt}`
      : `\n--- ${how.name} ping statistics ---\n${sent} packets transmitted, ${times.length} received, ${loss}% packet loss, time ${(yield* p.now()) - started}ms\n${rtt === '' ? '\n' : rtt}`,
  )
  return times.length === 0 ? 1 : 0
}
