/** What the phases of `upgrade apply` and `upgrade node` share. Models cmd/kubeadm/app/cmd/upgrade/apply.go, node.go and common.go. */
import type { Proc, Run } from '../../../host/process.ts'
import { parseGoDuration } from '../../../objects/duration.ts'
import { parseYaml } from '../../../objects/yaml.ts'
import { commonNameOf, parseCertificate } from '../../../pki/index.ts'
import { compareVersions, defaultRegistry } from '../../../versions/index.ts'
import type { ApiObject, Client } from '../../kubectl/client.ts'
import type { FlagValues } from '../../kubectl/flags.ts'
import { pathOf, TIMEOUT } from '../apply.ts'
import { configHash, kubeletConfigName } from '../artifacts/objects/configuration.ts'
import { fetchCluster, sayReading } from '../cluster-config.ts'
import type { Context } from '../command.ts'
import { loadConfig } from '../config/load.ts'
import { TIMEOUTS } from '../config/defaults.ts'
import type { ApiEndpoint, ClusterConfiguration, Fields, NodeRegistration } from '../config/types.ts'
import { isMissing, KubeadmError, notSimulated, wrapped } from '../errors.ts'
import { ignoredChecks } from '../init/data.ts'
import { conf, CRI_SOCKET, INSTANCE_CONFIG, KUBELET_DIR, manifestPath } from '../paths.ts'
import type { Features } from '../release.ts'
import { clientOf, connectionFrom, exists, factsOf, readText, say } from '../session.ts'
import { resolveVersion } from '../stable-version.ts'

export interface UpgradeData {
  command: 'apply' | 'node'
  /** kubeadm's own version. */
  version: string
  features: Features
  client: Client
  /** Of the cluster, with the version that is wanted. */
  cluster: ClusterConfiguration
  node: NodeRegistration
  hostName: string
  endpoint: ApiEndpoint
  isControlPlane: boolean
  /** What somebody wrote; absent: kubeadm's own defaults. */
  kubelet?: Fields
  kubeProxy?: Fields
  ignored: string[]
  dryRun: boolean
  kubeletDir: string
  etcdUpgrade: boolean
  renewCertificates: boolean
  /** `5m0s`: how long a component may take to come back. */
  timeout: string
  skipPhases: string[]
  force: boolean
  interactive: boolean
  allowed: { experimental: boolean; releaseCandidate: boolean }
}

/** UpgradeConfiguration's part for one command. */
type Given = Partial<{
  kubernetesVersion: string
  allowExperimentalUpgrades: boolean
  allowRCUpgrades: boolean
  certificateRenewal: boolean
  dryRun: boolean
  etcdUpgrade: boolean
  forceUpgrade: boolean
  ignorePreflightErrors: string[]
  imagePullPolicy: string
  patches: { directory?: string }
  printConfig: boolean
  skipPhases: string[]
}>

export interface UpgradeConfig {
  given: Given
  timeout: string
}

export function* upgradeConfig(
  { p, flags, features }: Context,
  command: 'apply' | 'node' | 'plan' | 'diff',
): Run<UpgradeConfig> {
  const path = flags.text('config')
  for (const name of ['patches', 'feature-gates', 'rootfs'])
    if (flags.text(name) !== '') throw notSimulated(`kubeadm upgrade with --${name}`)
  if (flags.bool('print-config')) throw notSimulated('kubeadm upgrade with --print-config')
  if (path === '') return { given: {}, timeout: TIMEOUTS['upgradeManifests'] as string }
  if (features.minor < 31) throw notSimulated('kubeadm upgrade --config up to 1.30')
  const { upgrade = {} } = yield* loadConfig(p, path, features.minor, ['UpgradeConfiguration'])
  const given = (upgrade[command] ?? {}) as Given
  if (given.patches?.directory) throw notSimulated('kubeadm upgrade with patches')
  if (given.printConfig) throw notSimulated('kubeadm upgrade with printConfig')
  const timeouts = { ...TIMEOUTS, ...(upgrade['timeouts'] as Record<string, string> | undefined) }
  return { given, timeout: timeouts['upgradeManifests'] as string }
}

/** A flag that was given, else the file, else the flag's default. */
const flagOr = (flags: FlagValues, name: string, given: boolean | undefined): boolean =>
  flags.changed(name) || given === undefined ? flags.bool(name) : given

/** kubeadm-config, or the advice that upstream has without it. */
export function* clusterOrAdvice(p: Proc, client: Client, prefix: string, minor: number): Run<ClusterConfiguration> {
  yield* sayReading(p, prefix, minor)
  try {
    return yield* fetchCluster(client, minor)
  } catch (error) {
    if (!isMissing(error)) throw wrapped(`[${prefix}] FATAL`, error)
    yield* p.out(missingAdvice(prefix))
    throw new KubeadmError(
      `[${prefix}] FATAL: the ConfigMap "kubeadm-config" in the kube-system namespace was not found`,
    )
  }
}

const missingAdvice = (
  prefix: string,
): string => `[${prefix}] In order to upgrade, a ConfigMap called "kubeadm-config" in the "kube-system" namespace must exist.
[${prefix}] Use 'kubeadm init phase upload-config --config your-config.yaml' to re-upload it.

`

export function* upgradeClient(p: Proc, path: string): Run<Client> {
  try {
    return yield* clientOf(p, path)
  } catch (error) {
    throw wrapped(`couldn't create a Kubernetes client from file ${JSON.stringify(path)}`, error)
  }
}

/** The old default registry gives way to the new one. */
export function withVersion(cluster: ClusterConfiguration, kubernetesVersion: string): ClusterConfiguration {
  const { imageRepository, kubernetesVersion: old } = cluster
  const isDefault = imageRepository === defaultRegistry(old) || imageRepository === 'k8s.gcr.io'
  return {
    ...cluster,
    kubernetesVersion,
    imageRepository: isDefault ? defaultRegistry(kubernetesVersion) : imageRepository,
  }
}

export function* applyData(ctx: Context): Run<UpgradeData> {
  const { p, args, flags, features, version } = ctx
  const { minor } = features
  const config = yield* upgradeConfig(ctx, 'apply')
  const wanted = args[0] ?? config.given.kubernetesVersion
  if (wanted === undefined)
    throw new KubeadmError('missing one or more required arguments. Required arguments: [version]')
  if (minor <= 29) yield* say(p, '[upgrade/config] Making sure the configuration is correct:')
  const prefix = minor >= 32 ? 'upgrade' : 'upgrade/config'
  const client = yield* upgradeClient(p, flags.text('kubeconfig'))
  const current = yield* clusterOrAdvice(p, client, prefix, minor)
  const target = yield* resolveVersion(p, wanted, version)
  const base = yield* sharedData(ctx, { command: 'apply', client, current, config })
  return { ...base, cluster: withVersion(current, target) }
}

export function* nodeData(ctx: Context): Run<UpgradeData> {
  const { p, flags, features } = ctx
  const config = yield* upgradeConfig(ctx, 'node')
  const isControlPlane = yield* exists(p, manifestPath('kube-apiserver'))
  const path = flags.changed('kubeconfig') ? flags.text('kubeconfig') : conf(isControlPlane ? 'admin' : 'kubelet')
  const client = yield* upgradeClient(p, path)
  yield* sayReading(p, 'upgrade', features.minor)
  let current: ClusterConfiguration
  try {
    current = yield* fetchCluster(client, features.minor)
  } catch (error) {
    throw wrapped('unable to fetch the kubeadm-config ConfigMap', error)
  }
  return yield* sharedData(ctx, { command: 'node', client, current, config })
}

interface Shared {
  command: 'apply' | 'node'
  client: Client
  current: ClusterConfiguration
  config: UpgradeConfig
}

function* sharedData(ctx: Context, { command, client, current, config }: Shared): Run<UpgradeData> {
  const { p, flags, features, version } = ctx
  const { given, timeout } = config
  const facts = yield* factsOf(p)
  const isControlPlane = yield* exists(p, manifestPath('kube-apiserver'))
  const name = (yield* nodeNameOf(p)) ?? facts.name
  const dryRun = flags.bool('dry-run') || given.dryRun === true
  const force = flagOr(flags, 'force', given.forceUpgrade)
  const kubelet = yield* ownKubelet(client, kubeletConfigName(current.kubernetesVersion))
  const kubeProxy = command === 'apply' || isControlPlane ? yield* ownProxy(client) : undefined
  return {
    command,
    version,
    features,
    client,
    cluster: current,
    node: {
      name,
      criSocket: yield* socketOf(p),
      imagePullPolicy: given.imagePullPolicy ?? 'IfNotPresent',
    },
    hostName: facts.name,
    endpoint: isControlPlane
      ? yield* endpointOf(client, name, facts.address)
      : { advertiseAddress: facts.address, bindPort: 6443 },
    isControlPlane,
    ...(kubelet !== undefined && { kubelet }),
    ...(kubeProxy !== undefined && { kubeProxy }),
    ignored: ignoredChecks(flags, given.ignorePreflightErrors),
    dryRun,
    kubeletDir: dryRun ? yield* dryRunDir(p) : KUBELET_DIR,
    etcdUpgrade: flagOr(flags, 'etcd-upgrade', given.etcdUpgrade),
    renewCertificates: flagOr(flags, 'certificate-renewal', given.certificateRenewal),
    timeout: String(timeout),
    skipPhases: flags.changed('skip-phases') ? flags.list('skip-phases') : (given.skipPhases ?? []),
    force,
    interactive: !force && !flags.bool('yes') && !dryRun,
    allowed: {
      experimental: flagOr(flags, 'allow-experimental-upgrades', given.allowExperimentalUpgrades),
      releaseCandidate: flagOr(flags, 'allow-release-candidate-upgrades', given.allowRCUpgrades),
    },
  }
}

export const timeoutMs = ({ timeout }: UpgradeData): number => parseGoDuration(timeout)

function* dryRunDir(p: Proc): Run<string> {
  const dir = `/etc/kubernetes/tmp/kubeadm-upgrade-dryrun${Math.floor((yield* p.random()) * 4_000_000_000)}`
  yield* p.mkdir(dir, { parents: true, mode: 0o700 })
  return dir
}

/** The node's name by the certificate of its kubelet. */
function* nodeNameOf(p: Proc): Run<string | undefined> {
  const text = yield* readText(p, conf('kubelet'))
  if (text === undefined) return undefined
  const { tls } = yield* connectionFrom(p, text, conf('kubelet'))
  const certificate = parseCertificate(tls.cert ?? '')
  return certificate && commonNameOf(certificate.subject)?.replace(/^system:node:/, '')
}

/** Where the kubelet finds the container runtime: its own file, or its flag. */
function* socketOf(p: Proc): Run<string> {
  const own = yield* readText(p, INSTANCE_CONFIG)
  const fromFile = own === undefined ? undefined : (parseYaml(own) as Fields | null)?.['containerRuntimeEndpoint']
  const flag = /--container-runtime-endpoint=([^\s"]+)/.exec(
    (yield* readText(p, `${KUBELET_DIR}/kubeadm-flags.env`)) ?? '',
  )
  return typeof fromFile === 'string' && fromFile !== ''
    ? fromFile
    : (flag?.[1] ?? (yield* factsOf(p)).criSocket ?? CRI_SOCKET)
}

/** Address and port that the node's API server tells of itself. */
function* endpointOf(client: Client, name: string, address: string): Run<ApiEndpoint> {
  try {
    const pod = yield* client.get(pathOf('v1/pods', 'kube-system', `kube-apiserver-${name}`), TIMEOUT)
    const told = pod.metadata?.annotations?.['kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint']
    const match = /^(.+):(\d+)$/.exec(told ?? '')
    if (match !== null) return { advertiseAddress: match[1] as string, bindPort: Number(match[2]) }
  } catch (error) {
    if (!isMissing(error)) throw wrapped('failed to get API endpoint', error)
  }
  return { advertiseAddress: address, bindPort: 6443 }
}

type ConfigMap = ApiObject & { data?: Record<string, string> }

/** A component's configuration unless kubeadm made it itself, which its hash says. */
function* ownConfig(client: Client, name: string, key: string): Run<Fields | undefined> {
  let map: ConfigMap
  try {
    map = yield* client.get<ConfigMap>(pathOf('v1/configmaps', 'kube-system', name), TIMEOUT)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
  const text = map.data?.[key] ?? ''
  const annotation = 'kubeadm.kubernetes.io/component-config.hash'
  if (map.metadata?.annotations?.[annotation] === configHash({ [key]: text })[annotation]) return undefined
  return parseYaml(text) as Fields
}

const ownKubelet = (client: Client, name: string): Run<Fields | undefined> => ownConfig(client, name, 'kubelet')
const ownProxy = (client: Client): Run<Fields | undefined> => ownConfig(client, 'kube-proxy', 'config.conf')

/** Whether a version is older; for what changes at a step. */
export const isOlder = (a: string, b: string): boolean => compareVersions(a, b) < 0

/** What the manifests of a version need to know. */
export const diffTarget = function* (ctx: Context, client: Client, cluster: ClusterConfiguration): Run<UpgradeData> {
  const config = { given: {}, timeout: TIMEOUTS['upgradeManifests'] as string }
  return { ...(yield* sharedData(ctx, { command: 'node', client, current: cluster, config })), cluster }
}
