/** What the phases of `init` share, from flags and the configuration file. Models cmd/kubeadm/app/cmd/init.go (newInitData). */
import type { Proc, Run } from '../../../host/process.ts'
import type { Client } from '../../kubectl/client.ts'
import type { FlagValues } from '../../kubectl/flags.ts'
import type { Context } from '../command.ts'
import { defaultCluster, defaultInit } from '../config/defaults.ts'
import { loadConfig } from '../config/load.ts'
import type { BootstrapTokenConfig, ClusterConfiguration, Fields, InitConfiguration, LoadedConfig } from '../config/types.ts' // prettier-ignore
import { KubeadmError, notSimulated } from '../errors.ts'
import { conf, KUBELET_DIR, KUBERNETES_DIR, MANIFESTS_DIR, TMP_DIR } from '../paths.ts'
import type { Features } from '../release.ts'
import { clientOf, exists, factsOf, randomText } from '../session.ts'
import { resolveVersion } from '../stable-version.ts'

export interface Dirs {
  certificates: string
  kubeconfigs: string
  manifests: string
  kubelet: string
}

export interface InitData {
  version: string
  features: Features
  cluster: ClusterConfiguration
  init: InitConfiguration
  kubelet?: Fields
  kubeProxy?: Fields
  hostName: string
  ignored: string[]
  dryRun: boolean
  /** Where files are written: their usual folders, or a temporary one of a dry run. */
  dirs: Dirs
  uploadCerts: boolean
  skipTokenPrint: boolean
  skipCertificateKeyPrint: boolean
  skipPhases: string[]
  /** The authority's key is somewhere else. */
  externalCa: boolean
  /** Drawn when the certificates are stored. */
  certificateKey?: string
  client?: Client
}

/** Flags that may stand beside --config. */
const BESIDE_CONFIG = new Set([
  'config',
  'ignore-preflight-errors',
  'certificate-key',
  'control-plane',
  'dry-run',
  'experimental-output',
  'allow-missing-template-keys',
  'skip-certificate-key-print',
  'skip-phases',
  'skip-token-print',
  'node-name',
  'cri-socket',
  'kubeconfig',
  'upload-certs',
  'force',
  'yes',
  'v',
  'rootfs',
  'print-join-command',
  'output',
  'show-managed-fields',
  'description',
  'ttl',
  'usages',
  'groups',
  'patches',
])

/** What is asked for and not modelled is refused. */
export function refuseUnmodelled(flags: FlagValues, patches: { directory?: string } | undefined): void {
  if (flags.text('patches') !== '' || patches?.directory) throw notSimulated('kubeadm with --patches')
  if (flags.text('rootfs') !== '') throw notSimulated('kubeadm with --rootfs')
}

export function checkMixed(flags: FlagValues): void {
  if (!flags.changed('config')) return
  const mixed = [...flags.given.keys()].filter((name) => !BESIDE_CONFIG.has(name))
  if (mixed.length > 0) throw new KubeadmError(`can not mix '--config' with arguments [${mixed.join(' ')}]`)
}

/** `-ignore-preflight-errors` of flag and file; `all` stands alone. */
export function ignoredChecks(flags: FlagValues, given: readonly string[] = []): string[] {
  const all = [...flags.list('ignore-preflight-errors'), ...given].map((one) => one.trim()).filter(Boolean)
  if (all.some((one) => one.toLowerCase() === 'all') && all.length > 1)
    throw new KubeadmError(
      `ignore-preflight-errors: Invalid value: "${all.join(',')}": don't specify individual checks if 'all' is used`,
    )
  return all
}

const given = (flags: FlagValues, name: string): string | undefined =>
  flags.changed(name) ? flags.text(name) : undefined

export function clusterFromFlags(flags: FlagValues): Partial<ClusterConfiguration> {
  const text = (name: string): string | undefined => given(flags, name)
  const podSubnet = text('pod-network-cidr')
  const endpoint = text('control-plane-endpoint')
  const sans = flags.list('apiserver-cert-extra-sans')
  return {
    ...(flags.changed('cert-dir') && { certificatesDir: flags.text('cert-dir') }),
    ...(flags.changed('image-repository') && { imageRepository: flags.text('image-repository') }),
    ...(endpoint !== undefined && { controlPlaneEndpoint: endpoint }),
    networking: {
      dnsDomain: text('service-dns-domain') ?? '',
      serviceSubnet: text('service-cidr') ?? '',
      ...(podSubnet !== undefined && { podSubnet }),
    },
    ...(sans.length > 0 && { apiServer: { certSANs: sans } }),
    ...(flags.changed('feature-gates') && { featureGates: parseGates(flags.text('feature-gates')) }),
  }
}

function parseGates(text: string): Record<string, boolean> {
  return Object.fromEntries(
    text
      .split(',')
      .filter(Boolean)
      .map((pair) => {
        const [name = '', value = ''] = pair.split('=')
        if (!/^(true|false)$/i.test(value))
          throw new KubeadmError(`invalid value ${value} for feature-gate key: ${name}, use true|false instead`)
        return [name, value.toLowerCase() === 'true'] as const
      }),
  )
}

function initFromFlags(flags: FlagValues): Partial<InitConfiguration> {
  const token = given(flags, 'token')
  const ttl = given(flags, 'token-ttl')
  return {
    bootstrapTokens: [
      {
        token: token ?? '',
        description: "The default bootstrap token generated by 'kubeadm init'.",
        ...(ttl !== undefined && { ttl }),
      },
    ],
    localAPIEndpoint: {
      advertiseAddress: given(flags, 'apiserver-advertise-address') ?? '',
      bindPort: flags.changed('apiserver-bind-port') ? flags.int('apiserver-bind-port') : 6443,
    },
  }
}

/** node-name and cri-socket stand over the file, too. */
function withNodeFlags(init: Partial<InitConfiguration>, flags: FlagValues): Partial<InitConfiguration> {
  const node = {
    ...init.nodeRegistration,
    ...(flags.changed('node-name') && { name: flags.text('node-name').toLowerCase() }),
    ...(flags.changed('cri-socket') && { criSocket: flags.text('cri-socket') }),
  }
  return { ...init, nodeRegistration: node as InitConfiguration['nodeRegistration'] }
}

export function* initData({ p, flags, version, features }: Context): Run<InitData> {
  checkMixed(flags)
  const path = flags.text('config')
  const loaded: LoadedConfig =
    path === ''
      ? { cluster: clusterFromFlags(flags), init: initFromFlags(flags) }
      : yield* loadConfig(p, path, features.minor, ['InitConfiguration', 'ClusterConfiguration'])
  refuseUnmodelled(flags, loaded.init?.patches)
  const facts = yield* factsOf(p)
  const wanted = (path === '' ? given(flags, 'kubernetes-version') : loaded.cluster?.kubernetesVersion) || 'stable-1'
  const init = defaultInit(withNodeFlags(loaded.init ?? {}, flags), facts)
  const cluster = defaultCluster(loaded.cluster ?? {}, yield* resolveVersion(p, wanted, version))
  checkVersion(cluster.kubernetesVersion, version)
  checkAddress(init.localAPIEndpoint.advertiseAddress)
  const certificateKey = flags.text('certificate-key') || init.certificateKey
  return {
    version,
    features,
    cluster,
    init: { ...init, bootstrapTokens: yield* withTokens(p, init.bootstrapTokens) },
    ...(loaded.kubelet !== undefined && { kubelet: loaded.kubelet }),
    ...(loaded.kubeProxy !== undefined && { kubeProxy: loaded.kubeProxy }),
    hostName: facts.name,
    ignored: ignoredChecks(flags, init.nodeRegistration.ignorePreflightErrors),
    dryRun: flags.bool('dry-run') || init.dryRun === true,
    dirs: yield* dirsOf(p, 'init', cluster.certificatesDir, flags.bool('dry-run') || init.dryRun === true),
    uploadCerts: flags.bool('upload-certs'),
    skipTokenPrint: flags.bool('skip-token-print'),
    skipCertificateKeyPrint: flags.bool('skip-certificate-key-print'),
    skipPhases: flags.changed('skip-phases') ? flags.list('skip-phases') : (init.skipPhases ?? []),
    externalCa:
      (yield* exists(p, `${cluster.certificatesDir}/ca.crt`)) &&
      !(yield* exists(p, `${cluster.certificatesDir}/ca.key`)),
    ...(certificateKey && { certificateKey }),
  }
}

/** A dry run writes all files to one new folder. */
export function* dirsOf(p: Proc, command: string, certificates: string, dryRun: boolean): Run<Dirs> {
  if (!dryRun) return { certificates, kubeconfigs: KUBERNETES_DIR, manifests: MANIFESTS_DIR, kubelet: KUBELET_DIR }
  const folder = `${TMP_DIR}/kubeadm-${command}-dryrun${Math.floor((yield* p.random()) * 4_000_000_000)}`
  yield* p.mkdir(folder, { parents: true, mode: 0o700 })
  return { certificates: folder, kubeconfigs: folder, manifests: folder, kubelet: folder }
}

/** A2: one minor older than kubeadm, at most. Models config.NormalizeKubernetesVersion. */
function checkVersion(wanted: string, own: string): void {
  const [k8s, kubeadm] = [wanted, own].map((text) => Number(/^v1\.(\d+)/.exec(text)?.[1] ?? 0)) as [number, number]
  if (k8s < kubeadm - 1)
    throw new KubeadmError(
      `this version of kubeadm only supports deploying clusters with the control plane version >= 1.${kubeadm - 1}.0. Current version: ${wanted}`,
    )
}

function checkAddress(address: string): void {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(address))
    throw new KubeadmError(`couldn't use "${address}" as "apiserver-advertise-address", must be ipv4 or ipv6 address`)
}

const TOKEN = /^[a-z0-9]{6}\.[a-z0-9]{16}$/

function* withTokens(p: Proc, tokens: readonly BootstrapTokenConfig[]): Run<BootstrapTokenConfig[]> {
  const filled: BootstrapTokenConfig[] = []
  for (const one of tokens) {
    const token = one.token || `${yield* randomText(p, 6)}.${yield* randomText(p, 16)}`
    if (!TOKEN.test(token)) throw new KubeadmError(badToken(token))
    filled.push({ ...one, token })
  }
  return filled
}

export const badToken = (token: string): string =>
  `the bootstrap token ${JSON.stringify(token)} was not of the form "\\\\A([a-z0-9]{6})\\\\.([a-z0-9]{16})\\\\z"`

/** The client of the administrator, made once admin.conf is there. */
export function* adminClient(p: Proc, data: InitData): Run<Client> {
  data.client ??= yield* clientOf(p, conf('admin'))
  return data.client
}
