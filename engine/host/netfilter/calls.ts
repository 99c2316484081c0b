/** What iptables and ip ask of the kernel. */
import type { NetworkInterface, Route } from '../host.ts'
import type { Caller, SyscallTable } from '../syscalls/table.ts'
import type { Rule, Ruleset } from './model.ts'
import type { ChangeResult, FilterChain, Netfilter } from './netfilter.ts'

export type RulesetAnswer = { ruleset: Ruleset } | { error: 'denied' }

/** What to do to one of the filter table's own chains. */
export type FilterChange =
  | { verb: 'append'; chain: FilterChain; rule: Rule }
  | { verb: 'insert'; chain: FilterChain; at: number; rule: Rule }
  | { verb: 'delete'; chain: FilterChain; which: number | Rule }
  | { verb: 'flush'; chain: FilterChain }
  | { verb: 'policy'; chain: FilterChain; policy: 'ACCEPT' | 'DROP' }

/** A container without NET_ADMIN may not look. */
function isDenied({ user, root }: Caller): boolean {
  return user !== 'root' || root.kind === 'container'
}

function change(netfilter: Netfilter, host: string, what: FilterChange): ChangeResult {
  if (what.verb === 'append') return netfilter.append(host, what.chain, what.rule)
  if (what.verb === 'insert') return netfilter.insert(host, what.chain, what.at, what.rule)
  if (what.verb === 'delete') return netfilter.remove(host, what.chain, what.which)
  if (what.verb === 'policy') return netfilter.setPolicy(host, what.chain, what.policy)
  return netfilter.flush(host, what.chain)
}

export function netfilterCalls(netfilter: Netfilter): SyscallTable {
  return {
    'netfilter.ruleset': (_world, caller): RulesetAnswer =>
      isDenied(caller) ? { error: 'denied' } : { ruleset: netfilter.ruleset(caller.host) },
    'netfilter.change': (_world, caller, args): ChangeResult =>
      isDenied(caller)
        ? { error: 'Permission denied (you must be root)', code: 4 }
        : change(netfilter, caller.host, args.change as FilterChange),
    /** New interfaces and routes of the host; without eth0 and its address the host is cut off. */
    'network.set': (world, caller, args): { ok: true } | { error: 'denied' } => {
      if (isDenied(caller)) return { error: 'denied' }
      const host = world.hosts.get(caller.host)
      const { interfaces, routes } = args as unknown as { interfaces: NetworkInterface[]; routes: Route[] }
      const kept = world.hosts.linksOf(caller.host)
      const isKept = (route: Route): boolean => kept.routes.some((one) => one.to === route.to && one.dev === route.dev)
      host.setNetwork(
        interfaces.filter((one) => one.kept !== true),
        routes.filter((route) => !isKept(route)),
      )
      const eth0 = interfaces.find(({ name }) => name === 'eth0')
      const isReached = eth0?.up === true && eth0.addresses.some((address) => address.split('/')[0] === host.address)
      netfilter.setCutOff(caller.host, !isReached)
      return { ok: true }
    },
  }
}
