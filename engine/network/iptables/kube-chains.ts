/**
 * The chains that kube-proxy and the kubelet keep in a node's kernel, from the rules that decide. Models
 * pkg/proxy/iptables/proxier.go (G3, Q6). Not modelled: source ranges (KUBE-FW), hints, IPv6, counters; the order of
 * Services, which upstream leaves to a map, is theirs in the API.
 */
import type { Chain, Clause, Rule, Ruleset } from '../../host/netfilter/model.ts'
import * as make from '../../host/netfilter/model.ts'
import type { RuleEndpoint, ServiceRule } from '../rules.ts'
import { endpointsAt } from '../rules.ts'
import { endpointChain, serviceChain } from './hashes.ts'

export interface ProxyFacts {
  rules: readonly ServiceRule[]
  /** The node that the chains are on. */
  node: string
  minor: number
  /** Of pods; absent: kube-proxy was not told. */
  clusterCidr?: string | undefined
}

/** Metrics by nfacct came with this release. */
const NFACCT_MINOR = 32
/** KUBE-MARK-DROP went with IPTablesOwnershipCleanup, the chain before load balancers came. */
const OWNERSHIP_MINOR = 27
const PROXY_FIREWALL_MINOR = 26

const note = make.comment

/** All chains of a node; `kubelet` and `proxy` say whose there are. */
export function kubeChains({
  kubelet,
  proxy,
}: {
  kubelet?: { minor: number } | undefined
  proxy?: ProxyFacts | undefined
}): Ruleset {
  const all: Ruleset = { mangle: [], filter: [], nat: [] }
  const merge = (more: Ruleset): void => {
    for (const table of make.TABLES) all[table] = joined(all[table], more[table])
  }
  if (kubelet !== undefined) merge(kubeletChains(kubelet.minor))
  if (proxy !== undefined) merge(proxyChains(proxy))
  return all
}

/** Chains of the same name are one: the rules of the later come first when they are the same kernel chain's. */
function joined(some: Chain[], more: Chain[]): Chain[] {
  const merged = some.map((chain) => {
    const other = more.find(({ name }) => name === chain.name)
    if (other === undefined || chain.name === 'KUBE-FIREWALL') return chain
    return { ...chain, rules: [...other.rules, ...chain.rules] }
  })
  return [...merged, ...more.filter(({ name }) => !some.some((chain) => chain.name === name))]
}

const chain = (name: string, rules: Rule[] = []): Chain => ({ name, rules })
const builtIn = (name: string, rules: Rule[]): Chain => ({ name, policy: 'ACCEPT', rules })
const jump = (target: string, ...matches: Clause[]): Rule => ({ matches, target })

const LOCALNET: Rule = {
  source: '!127.0.0.0/8',
  destination: '127.0.0.0/8',
  matches: [note('block incoming localnet connections'), make.ctstate('RELATED,ESTABLISHED,DNAT', true)],
  target: 'DROP',
}

/** Models pkg/kubelet/kubelet_network_linux.go. */
function kubeletChains(minor: number): Ruleset {
  const canary = chain('KUBE-KUBELET-CANARY')
  const marked: Rule = {
    matches: [note('kubernetes firewall for dropping marked packets'), make.mark('0x8000/0x8000')],
    target: 'DROP',
  }
  const old = minor < OWNERSHIP_MINOR
  return {
    mangle: [...(minor >= 24 ? [chain('KUBE-IPTABLES-HINT')] : []), canary],
    filter: [
      builtIn('INPUT', [jump('KUBE-FIREWALL')]),
      builtIn('OUTPUT', [jump('KUBE-FIREWALL')]),
      chain('KUBE-FIREWALL', old ? [LOCALNET, marked] : [LOCALNET]),
      canary,
    ],
    nat: [
      canary,
      ...(old ? [chain('KUBE-MARK-DROP', [{ matches: [], target: 'MARK', options: make.markOr('0x8000') }])] : []),
    ],
  }
}

const POSTROUTING: Rule[] = [
  { matches: [make.mark('0x4000/0x4000', true)], target: 'RETURN' },
  { matches: [], target: 'MARK', options: make.markXor('0x4000') },
  {
    matches: [note('kubernetes service traffic requiring SNAT')],
    target: 'MASQUERADE',
    options: make.randomFully,
  },
]

function proxyChains(facts: ProxyFacts): Ruleset {
  const canary = chain('KUBE-PROXY-CANARY')
  return { mangle: [canary], filter: [...filterChains(facts), canary], nat: [...natChains(facts), canary] }
}

function filterChains({ rules, node, minor }: ProxyFacts): Chain[] {
  const fresh = make.ctstate('NEW')
  const firewall = minor >= PROXY_FIREWALL_MINOR
  const guard = firewall ? [jump('KUBE-PROXY-FIREWALL', fresh, note('kubernetes load balancer firewall'))] : []
  const external = jump('KUBE-EXTERNAL-SERVICES', fresh, note('kubernetes externally-visible service portals'))
  const portals = jump('KUBE-SERVICES', fresh, note('kubernetes service portals'))
  const invalid = minor >= NFACCT_MINOR ? [make.nfacct('ct_state_invalid_dropped_pkts')] : []
  return [
    builtIn('INPUT', [...guard, jump('KUBE-NODEPORTS', note('kubernetes health check service ports')), external]),
    builtIn('FORWARD', [...guard, jump('KUBE-FORWARD', note('kubernetes forwarding rules')), portals, external]),
    builtIn('OUTPUT', [...guard, portals]),
    chain(
      'KUBE-EXTERNAL-SERVICES',
      rules.flatMap((rule) => externalRefusals(rule, node)),
    ),
    chain('KUBE-FIREWALL', [LOCALNET]),
    chain('KUBE-FORWARD', [
      { matches: [make.ctstate('INVALID'), ...invalid], target: 'DROP' },
      { matches: [note('kubernetes forwarding rules'), make.mark('0x4000/0x4000')], target: 'ACCEPT' },
      {
        matches: [note('kubernetes forwarding conntrack rule'), make.ctstate('RELATED,ESTABLISHED')],
        target: 'ACCEPT',
      },
    ]),
    chain('KUBE-NODEPORTS', rules.flatMap(healthCheck)),
    ...(firewall ? [chain('KUBE-PROXY-FIREWALL')] : []),
    chain(
      'KUBE-SERVICES',
      rules.flatMap((rule) => internalRefusal(rule, node)),
    ),
  ]
}

/** To an address and a port. */
function toPort(
  destination: string | undefined,
  { protocol }: ServiceRule,
  port: number,
  text: string,
  more: Clause[] = [],
): Rule {
  const matches = [note(text), ...more, make.ports(protocol, String(port))]
  return { ...(destination !== undefined && { destination }), protocol, matches }
}

const REJECT = { target: 'REJECT', options: make.rejectWith('icmp-port-unreachable') }
const DROP = { target: 'DROP' }

/** What has no endpoint at all is refused, what has none here is dropped. */
function refusal(rule: ServiceRule, node: string, local: boolean): { text: string; how: Partial<Rule> } | undefined {
  if (endpointsAt(rule, node, false).length === 0) return { text: `${rule.name} has no endpoints`, how: REJECT }
  if (local && endpointsAt(rule, node, true).length === 0)
    return { text: `${rule.name} has no local endpoints`, how: DROP }
  return undefined
}

function internalRefusal(rule: ServiceRule, node: string): Rule[] {
  const refused = refusal(rule, node, rule.internalLocal)
  return refused === undefined ? [] : [{ ...toPort(rule.clusterIp, rule, rule.port, refused.text), ...refused.how }]
}

function externalRefusals(rule: ServiceRule, node: string): Rule[] {
  const refused = refusal(rule, node, rule.externalLocal)
  if (refused === undefined) return []
  const addresses = rule.externalIps.map((ip) => toPort(ip, rule, rule.port, refused.text))
  const port = rule.nodePort === 0 ? [] : [toPort(undefined, rule, rule.nodePort, refused.text, [make.addrtype('dst')])]
  return [...addresses, ...port].map((one) => ({ ...one, ...refused.how }))
}

function healthCheck(rule: ServiceRule): Rule[] {
  if (rule.healthCheckNodePort === undefined) return []
  const found = toPort(
    undefined,
    { ...rule, protocol: 'tcp' },
    rule.healthCheckNodePort,
    `${rule.name} health check node port`,
  )
  return [{ ...found, target: 'ACCEPT' }]
}

function natChains(facts: ProxyFacts): Chain[] {
  const { rules } = facts
  const portals = [jump('KUBE-SERVICES', note('kubernetes service portals'))]
  const last = 'kubernetes service nodeports; NOTE: this must be the last rule in this chain'
  const nodePorts: Rule = { matches: [note(last), make.addrtype('dst')], target: 'KUBE-NODEPORTS' }
  return [
    builtIn('PREROUTING', portals),
    builtIn('OUTPUT', portals),
    builtIn('POSTROUTING', [jump('KUBE-POSTROUTING', note('kubernetes postrouting rules'))]),
    chain('KUBE-MARK-MASQ', [{ matches: [], target: 'MARK', options: make.markOr('0x4000') }]),
    chain(
      'KUBE-NODEPORTS',
      rules.flatMap((rule) => nodePortRules(rule, facts)),
    ),
    chain('KUBE-POSTROUTING', POSTROUTING),
    chain('KUBE-SERVICES', [...rules.flatMap((rule) => portalRules(rule, facts)), nodePorts]),
    ...rules.flatMap((rule) => serviceChains(rule, facts)),
  ]
}

const chainOf = (kind: 'SVC' | 'SVL' | 'EXT', { name, protocol }: ServiceRule): string =>
  serviceChain(kind, name, protocol)

const isExternal = ({ nodePort, externalIps }: ServiceRule): boolean => nodePort !== 0 || externalIps.length > 0

function reachable(rule: ServiceRule, { node }: ProxyFacts, local: boolean): RuleEndpoint[] {
  return endpointsAt(rule, node, local)
}

/** Where the cluster address leads: all endpoints, or those of the node. */
function innerChain(rule: ServiceRule): string {
  return chainOf(rule.internalLocal ? 'SVL' : 'SVC', rule)
}

function portalRules(rule: ServiceRule, facts: ProxyFacts): Rule[] {
  const found: Rule[] = []
  if (reachable(rule, facts, rule.internalLocal).length > 0)
    found.push({ ...toPort(rule.clusterIp, rule, rule.port, `${rule.name} cluster IP`), target: innerChain(rule) })
  if (refusal(rule, facts.node, rule.externalLocal)?.how === REJECT) return found
  for (const ip of rule.externalIps) {
    const kind = rule.balancerIps?.includes(ip) === true ? 'loadbalancer IP' : 'external IP'
    found.push({ ...toPort(ip, rule, rule.port, `${rule.name} ${kind}`), target: chainOf('EXT', rule) })
  }
  return found
}

function nodePortRules(rule: ServiceRule, facts: ProxyFacts): Rule[] {
  if (rule.nodePort === 0 || reachable(rule, facts, false).length === 0) return []
  const plain: Rule = { ...toPort(undefined, rule, rule.nodePort, rule.name), target: chainOf('EXT', rule) }
  if (facts.minor < NFACCT_MINOR) return [plain]
  const counted = [...plain.matches, make.nfacct('localhost_nps_accepted_pkts')]
  return [{ ...plain, destination: '127.0.0.0/8', matches: counted }, plain]
}

/** The chains of one Service port that has endpoints. */
function serviceChains(rule: ServiceRule, facts: ProxyFacts): Chain[] {
  const all = reachable(rule, facts, false)
  const local = reachable(rule, facts, true)
  if (all.length === 0) return []
  const usesAll = !rule.internalLocal || (isExternal(rule) && (!rule.externalLocal || facts.clusterCidr !== undefined))
  const usesLocal = (rule.internalLocal || (isExternal(rule) && rule.externalLocal)) && local.length > 0
  const policies = [
    ...(usesAll ? [chain(chainOf('SVC', rule), [...masquerade(rule, facts, false), ...spread(rule, all)])] : []),
    ...(usesLocal ? [chain(chainOf('SVL', rule), [...masquerade(rule, facts, true), ...spread(rule, local)])] : []),
  ]
  const used = usesAll ? all : local
  return [
    ...(isExternal(rule) ? [chain(chainOf('EXT', rule), externalChain(rule, facts, local))] : []),
    ...policies,
    ...used.map((endpoint) => endpointRules(rule, endpoint)),
  ]
}

/** What comes to the cluster address from outside of the pods' network gets the node's address. */
function masquerade(rule: ServiceRule, { clusterCidr }: ProxyFacts, local: boolean): Rule[] {
  if (clusterCidr === undefined || local !== rule.internalLocal) return []
  const found = toPort(rule.clusterIp, rule, rule.port, `${rule.name} cluster IP`)
  return [{ source: `!${clusterCidr}`, ...found, target: 'KUBE-MARK-MASQ' }]
}

function externalChain(rule: ServiceRule, { clusterCidr }: ProxyFacts, local: RuleEndpoint[]): Rule[] {
  const [all, own] = [chainOf('SVC', rule), chainOf('SVL', rule)]
  if (!rule.externalLocal)
    return [jump('KUBE-MARK-MASQ', note(`masquerade traffic for ${rule.name} external destinations`)), jump(all)]
  const text = (what: string): Clause => note(`${what} traffic for ${rule.name} external destinations`)
  return [
    ...(clusterCidr === undefined ? [] : [{ source: clusterCidr, ...jump(all, text('pod')) }]),
    jump('KUBE-MARK-MASQ', text('masquerade LOCAL'), make.addrtype('src')),
    jump(all, text('route LOCAL'), make.addrtype('src')),
    ...(local.length > 0 ? [jump(own)] : []),
  ]
}

const where = ({ ip, port }: RuleEndpoint): string => `${ip}:${port}`
const sepOf = ({ name, protocol }: ServiceRule, endpoint: RuleEndpoint): string =>
  endpointChain(name, protocol, where(endpoint))

/** One after the other, each as likely: 1/n, 1/(n-1) … and the rest. */
function spread(rule: ServiceRule, endpoints: RuleEndpoint[]): Rule[] {
  const { affinitySeconds: seconds } = rule
  const about = (endpoint: RuleEndpoint): Clause => note(`${rule.name} -> ${where(endpoint)}`)
  const faithful =
    seconds === undefined
      ? []
      : endpoints.map((one) => jump(sepOf(rule, one), about(one), make.recentCheck(sepOf(rule, one), seconds)))
  const chosen = endpoints.map((one, index) => {
    const left = endpoints.length - index
    return jump(sepOf(rule, one), about(one), ...(left === 1 ? [] : [make.statistic(1 / left)]))
  })
  return [...faithful, ...chosen]
}

/** The chain of one endpoint; a pod that reaches itself by its Service is masqueraded. */
function endpointRules(rule: ServiceRule, endpoint: RuleEndpoint): Chain {
  const name = sepOf(rule, endpoint)
  const about = note(rule.name)
  const matches = [
    about,
    ...(rule.affinitySeconds === undefined ? [] : [make.recentSet(name)]),
    make.ports(rule.protocol),
  ]
  return chain(name, [
    { source: endpoint.ip, matches: [about], target: 'KUBE-MARK-MASQ' },
    { protocol: rule.protocol, matches, target: 'DNAT', options: make.toDestination(where(endpoint)) },
  ])
}
