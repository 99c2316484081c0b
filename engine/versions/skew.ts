/** Which versions of components may work together. Models the version skew policy (A1) and kubectl's warning. */
import { makeVersion, parseVersion } from './version.ts'
import type { Version } from './version.ts'

export interface VersionedComponent {
  /** `kube-apiserver`, `kubelet`, `kubectl` … */
  component: string
  /** With or without `v`. */
  version: string
  host?: string
}

export interface SkewFinding {
  component: string
  host?: string
  level: 'ok' | 'unsupported'
  text: string
}

/** How many minors one component may be older and newer than another. */
export interface SkewRule {
  of: string
  against: string
  older: number
  newer: number
  /** A component of a minor before this one may only be so much older (or newer, where newer is allowed). */
  before?: { minor: number; limit: number }
  /** Only where both are on one host. */
  onOneHost?: true
}

const APISERVER = 'kube-apiserver'

/** A1, a row a pair. Against an API server it counts for each of them: HA narrows the window. */
export const SKEW_RULES: readonly SkewRule[] = [
  { of: APISERVER, against: APISERVER, older: 1, newer: 1 },
  { of: 'kubelet', against: APISERVER, older: 3, newer: 0, before: { minor: 25, limit: 2 } },
  { of: 'kube-proxy', against: APISERVER, older: 3, newer: 0, before: { minor: 25, limit: 2 } },
  { of: 'kube-proxy', against: 'kubelet', older: 3, newer: 3, before: { minor: 25, limit: 2 }, onOneHost: true },
  { of: 'kube-controller-manager', against: APISERVER, older: 1, newer: 0 },
  { of: 'kube-scheduler', against: APISERVER, older: 1, newer: 0 },
  { of: 'cloud-controller-manager', against: APISERVER, older: 1, newer: 0 },
  { of: 'kubectl', against: APISERVER, older: 1, newer: 1 },
  { of: 'kubeadm', against: APISERVER, older: 0, newer: 1 },
  { of: 'kubelet', against: 'kubeadm', older: 3, newer: 0, onOneHost: true },
]

interface Parsed extends VersionedComponent {
  parsed: Version
}

/**
 * What the policy says of each component given: one finding a violated rule, or one that says `ok`.
 * In the order given. A version that cannot be read is unsupported; nothing at run time enforces any of it (A1).
 */
export function skewFindings(components: readonly VersionedComponent[]): SkewFinding[] {
  const readable = components.flatMap((one): Parsed[] => {
    const parsed = parseVersion(one.version)
    return parsed === undefined ? [] : [{ ...one, parsed }]
  })
  return components.flatMap((one) => {
    const known = readable.find((other) => isSame(one, other))
    if (known === undefined) return [finding(one, 'unsupported', `${one.version} is not a version`)]
    const wrong = SKEW_RULES.filter((rule) => rule.of === one.component).flatMap((rule) =>
      broken(rule, known, readable),
    )
    return wrong.length > 0 ? wrong : [finding(one, 'ok', `${nameOf(known)} is within the supported version skew`)]
  })
}

/** Only what is out of skew. */
export function unsupportedSkew(components: readonly VersionedComponent[]): SkewFinding[] {
  return skewFindings(components).filter(({ level }) => level === 'unsupported')
}

/** The oldest and newest minor that a component may be of, beside these; undefined: there is none. */
export function allowedMinors(
  component: string,
  beside: readonly VersionedComponent[],
): { oldest: number; newest: number } | undefined {
  const others = beside.flatMap(({ version }) => parseVersion(version)?.minor ?? [])
  const top = Math.max(...others) + 1
  const minors = Array.from({ length: top + 1 }, (_, minor) => minor).filter((minor) => {
    const one = { component, version: `1.${minor}.0`, host: beside[0]?.host ?? '' }
    return unsupportedSkew([one, ...beside]).every((found) => found.component !== component)
  })
  const [oldest] = minors
  return oldest === undefined ? undefined : { oldest, newest: minors.at(-1) as number }
}

function isSame(a: VersionedComponent, b: VersionedComponent): boolean {
  return a.component === b.component && a.host === b.host && a.version === b.version
}

function finding(one: VersionedComponent, level: SkewFinding['level'], text: string): SkewFinding {
  return { component: one.component, ...(one.host !== undefined && { host: one.host }), level, text }
}

function broken(rule: SkewRule, one: Parsed, all: readonly Parsed[]): SkewFinding[] {
  const others = all
    .filter(({ component }) => component === rule.against)
    .filter((other) => !isSame(one, other) && (rule.onOneHost !== true || other.host === one.host))
  const texts = others.flatMap((other) => judge(rule, one, other) ?? [])
  return [...new Set(texts)].map((text) => finding(one, 'unsupported', text))
}

/** What is wrong between the two; undefined: nothing. */
function judge(rule: SkewRule, one: Parsed, other: Parsed): string | undefined {
  const { of, against, newer } = rule
  if (one.parsed.major !== other.parsed.major) return `${nameOf(one)} and ${nameOf(other)} are of different majors`
  const ahead = one.parsed.minor - other.parsed.minor
  const limited = rule.before !== undefined && one.parsed.minor < rule.before.minor
  const older = limited ? Math.min(rule.older, rule.before?.limit ?? rule.older) : rule.older
  const most = limited ? Math.min(newer, rule.before?.limit ?? newer) : newer
  if (ahead > most) {
    const much = most === 0 ? 'must not be newer' : `may be ${most} newer at most`
    return `${nameOf(one)} is ${minors(ahead)} newer than ${nameOf(other)}: ${of} ${much} than ${against}`
  }
  if (-ahead <= older) return undefined
  const much = older === 0 ? 'must not be older' : `may be ${older} older at most`
  return `${nameOf(one)} is ${minors(-ahead)} older than ${nameOf(other)}: ${of} ${much} than ${against}`
}

function minors(count: number): string {
  return `${count} minor version${count === 1 ? '' : 's'}`
}

function nameOf({ component, parsed, host }: Parsed): string {
  return `${component} v${makeVersion(parsed)}${host === undefined ? '' : ` on ${host}`}`
}

/**
 * kubectl's line when client and server are too far apart, without its `Warning: ` or `WARNING: `; undefined:
 * they are not. Models staging/src/k8s.io/kubectl/pkg/cmd/version/skew_warning.go.
 */
export function kubectlSkewWarning(client: string, server: string): string | undefined {
  const [mine, theirs] = [parseVersion(client), parseVersion(server)]
  if (mine === undefined || theirs === undefined) return undefined
  if (mine.major === theirs.major && Math.abs(mine.minor - theirs.minor) <= 1) return undefined
  const [a, b] = [`${mine.major}.${mine.minor}`, `${theirs.major}.${theirs.minor}`]
  return `version difference between client (${a}) and server (${b}) exceeds the supported minor version skew of +/-1`
}
