/** Which versions a cluster may be upgraded to. Models cmd/kubeadm/app/phases/upgrade/policy.go (A3). */
import { compareVersions, makeVersion, parseVersion } from '../../../versions/index.ts'
import type { Version } from '../../../versions/index.ts'

export interface UpgradeVersions {
  /** What the API server says, or why it could not be found out. */
  cluster: string | { error: string }
  kubeadm: string
  /** Of every kubelet, each once, or why they could not be found out. */
  kubelets: string[] | { error: string }
}

export interface Allowed {
  experimental?: boolean
  releaseCandidate?: boolean
}

/** `mandatory` cannot be forced. */
export interface Objections {
  mandatory: string[]
  skippable: string[]
}

const MAX_STEP = 1
const MAX_KUBELET_SKEW = 3

/** Everything that speaks against an upgrade, in upstream's order. */
export function objectionsTo(
  wanted: string,
  { cluster, kubeadm, kubelets }: UpgradeVersions,
  allowed: Allowed,
): Objections {
  const found: Objections = { mandatory: [], skippable: [] }
  if (typeof cluster !== 'string')
    return { mandatory: [`Unable to fetch cluster version: ${cluster.error}`], skippable: [] }
  const next = parseVersion(wanted)
  const now = parseVersion(cluster)
  const own = parseVersion(kubeadm)
  if (next === undefined || now === undefined || own === undefined) return found
  if (!Array.isArray(kubelets)) found.skippable.push(`Unable to fetch kubelet version: ${kubelets.error}`)
  checkStep(found, { wanted, next, cluster, now, own })
  checkKubeadm(found, { wanted, next, kubeadm, own })
  checkStability(found, wanted, next, allowed)
  if (Array.isArray(kubelets)) checkKubelets(found, next, kubelets)
  return found
}

/** A pre-release may be forced over a limit that stands for releases. */
const limit = (found: Objections, { pre }: Version): string[] => (pre === undefined ? found.mandatory : found.skippable)

interface Step {
  wanted: string
  next: Version
  cluster: string
  now: Version
  own: Version
}

function checkStep(found: Objections, { wanted, next, cluster, now, own }: Step): void {
  const oldest = makeVersion({ major: 1, minor: own.minor - 1, patch: 0 })
  if (compareVersions(next, oldest) < 0)
    found.mandatory.push(
      `Specified version to upgrade to ${JSON.stringify(wanted)} is equal to or lower than the minimum supported version ${JSON.stringify(cluster)}. Please specify a higher version to upgrade to`,
    )
  if (next.minor > now.minor + MAX_STEP)
    limit(found, next).push(
      `Specified version to upgrade to ${JSON.stringify(wanted)} is too high; kubeadm can upgrade only ${MAX_STEP} minor version at a time`,
    )
  if (next.minor < now.minor - MAX_STEP)
    limit(found, next).push(
      `Specified version to downgrade to ${JSON.stringify(wanted)} is too low; kubeadm can downgrade only ${MAX_STEP} minor version at a time`,
    )
}

function checkKubeadm(
  found: Objections,
  { wanted, next, kubeadm, own }: { wanted: string; next: Version; kubeadm: string; own: Version },
): void {
  if (compareVersions(own, next) < 0) {
    if (next.minor > own.minor)
      limit(found, next).push(
        `Specified version to upgrade to ${JSON.stringify(wanted)} is at least one minor release higher than the kubeadm minor release (${next.minor} > ${own.minor}). Such an upgrade is not supported`,
      )
    else
      found.skippable.push(
        `Specified version to upgrade to ${JSON.stringify(wanted)} is higher than the kubeadm version ${JSON.stringify(kubeadm)}. Upgrade kubeadm first using the tool you used to install kubeadm`,
      )
  }
  if (own.major > next.major || own.minor > next.minor)
    found.skippable.push(
      `Kubeadm version ${kubeadm} can only be used to upgrade to Kubernetes version ${own.major}.${own.minor}`,
    )
}

function checkStability(found: Objections, wanted: string, { pre }: Version, allowed: Allowed): void {
  if (pre === undefined || allowed.experimental) return
  if (allowed.releaseCandidate && pre.startsWith('rc')) return
  found.skippable.push(
    `Specified version to upgrade to ${JSON.stringify(wanted)} is an unstable version and such upgrades weren't allowed via setting the --allow-*-upgrades flags`,
  )
}

function checkKubelets(found: Objections, next: Version, kubelets: readonly string[]): void {
  const old = kubelets.filter((version) => {
    const kubelet = parseVersion(version)
    return kubelet !== undefined && next.minor > kubelet.minor + MAX_KUBELET_SKEW
  })
  if (old.length === 0) return
  const listed = `[${[...old].sort().join(' ')}]`
  found.skippable.push(`There are kubelets in this cluster that are too old that have these versions ${listed}`)
}

const listOf = (problems: readonly string[]): string => problems.map((text) => `\t- ${text}\n`).join('')

/** What `apply` makes of them: an error, or with --force a text to show; undefined: nothing speaks against it. */
export function verdictOn(
  { mandatory, skippable }: Objections,
  { force, prefix }: { force: boolean; prefix: string },
): { error: string } | { text: string } | undefined {
  if (mandatory.length > 0)
    return {
      error: `the version argument is invalid due to these fatal errors:\n\n${listOf(mandatory)}\nPlease fix the misalignments highlighted above and try upgrading again`,
    }
  if (skippable.length === 0) return undefined
  if (!force)
    return {
      error: `the version argument is invalid due to these errors:\n\n${listOf(skippable)}\nCan be bypassed if you pass the --force flag`,
    }
  return {
    text: `[${prefix}] Found ${skippable.length} potential version compatibility errors but skipping since the --force flag is set: \n\n${listOf(skippable)}`,
  }
}
