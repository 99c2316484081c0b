/** `kubeadm config print|images|migrate|validate` (P4). Models cmd/kubeadm/app/cmd/config.go. */
import type { Proc, Run } from '../../../host/process.ts'
import { makeYaml } from '../../../objects/yaml.ts'
import { DOCKERSHIM_SOCKET, LAST_DOCKERSHIM } from '../../../versions/index.ts'
import { makeJson } from '../../kubectl/serialize.ts'
import { allImages } from '../artifacts/images.ts'
import { kubeletConfiguration } from '../artifacts/kubelet.ts'
import { proxyConfiguration } from '../artifacts/objects/kube-proxy.ts'
import type { Command, Context } from '../command.ts'
import { imageIsThere, pullImage } from '../cri.ts'
import { KubeadmError, notSimulated } from '../errors.ts'
import { flagSpec, option } from '../options.ts'
import { CRI_SOCKET } from '../paths.ts'
import { errnoText, factsOf, say, warn, write } from '../session.ts'
import { resolveVersion } from '../stable-version.ts'
import { defaultCluster, defaultInit, defaultJoin, defaultReset, PLACEHOLDER_TOKEN, TIMEOUTS } from './defaults.ts'
import type { HostFacts } from './defaults.ts'
import { loadConfig } from './load.ts'
import { clusterDocument, initDocument, joinDocument, makeDocuments } from './print.ts'
import { readConfig } from './read.ts'
import type { ClusterConfiguration, Fields } from './types.ts'

export const config: Command = {
  path: 'config',
  short: 'Manage configuration for a kubeadm cluster persisted in a ConfigMap in the cluster',
  long: `
There is a ConfigMap in the kube-system namespace called "kubeadm-config" that kubeadm uses to store internal configuration about the
cluster. kubeadm CLI v1.8.0+ automatically creates this ConfigMap with the config used with 'kubeadm init', but if you
initialized your cluster using kubeadm v1.7.x or lower, you must use the 'kubeadm init phase upload-config' command to create this
ConfigMap. This is required so that 'kubeadm upgrade' can configure your upgraded cluster correctly.`.trimStart(),
  flags: [option.kubeconfig],
}

export const configPrint: Command = {
  path: 'config print',
  short: 'Print configuration',
  long: `This command prints configurations for subcommands provided.
For details, see: https://pkg.go.dev/k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm#section-directories`,
}

const placeholder = (minor: number): HostFacts => ({
  name: 'node',
  address: '1.2.3.4',
  ...(minor <= LAST_DOCKERSHIM && { criSocket: DOCKERSHIM_SOCKET }),
})
const componentConfigs = flagSpec('component-configs', 'strings', 'A comma-separated list for component config API objects to print the default values for. Available values: [KubeProxyConfiguration KubeletConfiguration]. If this flag is not set, no component configs will be printed.') // prettier-ignore

/** What is printed is of kubeadm's own release. */
const placeholderCluster = (minor: number): ClusterConfiguration => defaultCluster({}, `1.${minor}.0`)

export const printInitDefaults: Command = {
  path: 'config print init-defaults',
  short: "Print default init configuration, that can be used for 'kubeadm init'",
  flags: [componentConfigs],
  *run({ p, flags, features }) {
    const api = features.configApi
    const cluster = placeholderCluster(features.minor)
    const init = defaultInit({ bootstrapTokens: [{ token: PLACEHOLDER_TOKEN }] }, placeholder(features.minor))
    const own = [initDocument(init, api), withoutDefaultArgs(clusterDocument(cluster, api))]
    yield* p.out(makeDocuments([...own, ...components(flags.list('component-configs'), cluster)]))
  },
}

/** kubeadm-config of older releases holds an argument that nobody gave; the defaults do not. */
function withoutDefaultArgs(document: Fields): Fields {
  const apiServer = document['apiServer'] as Fields | undefined
  if (apiServer?.['extraArgs'] === undefined) return document
  const { extraArgs: _args, ...rest } = apiServer
  void _args
  return { ...document, apiServer: rest }
}

function components(wanted: readonly string[], cluster: ClusterConfiguration): Fields[] {
  return wanted.map((kind) => {
    if (kind === 'KubeletConfiguration') return kubeletConfiguration(cluster)
    if (kind === 'KubeProxyConfiguration') return proxyConfiguration(cluster)
    throw new KubeadmError(`unsupported component config kind ${JSON.stringify(kind)}`)
  })
}

export const printJoinDefaults: Command = {
  path: 'config print join-defaults',
  short: "Print default join configuration, that can be used for 'kubeadm join'",
  flags: [componentConfigs],
  *run({ p, features }) {
    const join = defaultJoin(
      {
        discovery: {
          bootstrapToken: {
            apiServerEndpoint: 'kube-apiserver:6443',
            token: PLACEHOLDER_TOKEN,
            unsafeSkipCAVerification: true,
          },
          tlsBootstrapToken: PLACEHOLDER_TOKEN,
        },
      },
      placeholder(features.minor),
    )
    yield* p.out(makeDocuments([joinDocument(join, features.configApi)]))
  },
}

const newKind = (kind: string, fields: object): Fields => ({ ...fields, apiVersion: 'kubeadm.k8s.io/v1beta4', kind })

export const printResetDefaults: Command = {
  path: 'config print reset-defaults',
  short: "Print default reset configuration, that can be used for 'kubeadm reset'",
  *run({ p }) {
    yield* p.out(makeYaml(newKind('ResetConfiguration', { ...defaultReset({}), timeouts: TIMEOUTS })))
  },
}

export const printUpgradeDefaults: Command = {
  path: 'config print upgrade-defaults',
  short: "Print default upgrade configuration, that can be used for 'kubeadm upgrade'",
  *run({ p }) {
    const renew = { certificateRenewal: true, etcdUpgrade: true }
    const pull = { imagePullPolicy: 'IfNotPresent', imagePullSerial: true }
    const document = newKind('UpgradeConfiguration', {
      apply: { ...renew, ...pull },
      diff: {},
      node: { ...renew, ...pull },
      plan: {},
      timeouts: TIMEOUTS,
    })
    yield* p.out(makeYaml({ ...document, plan: { etcdUpgrade: true } }))
  },
}

const IMAGE_FLAGS = [option.config, option.kubernetesVersion, option.imageRepository, option.featureGates]

function* imageCluster({
  p,
  flags,
  features,
  version,
}: Context): Run<{ cluster: ClusterConfiguration; socket: string }> {
  const path = flags.text('config')
  const loaded =
    path === '' ? {} : yield* loadConfig(p, path, features.minor, ['InitConfiguration', 'ClusterConfiguration'])
  const given =
    path === ''
      ? flags.changed('kubernetes-version')
        ? flags.text('kubernetes-version')
        : ''
      : loaded.cluster?.kubernetesVersion
  const resolved = yield* resolveVersion(p, given || 'stable-1', version)
  const repository = flags.changed('image-repository') ? { imageRepository: flags.text('image-repository') } : {}
  return {
    cluster: defaultCluster({ ...loaded.cluster, ...repository }, resolved),
    socket: loaded.init?.nodeRegistration?.criSocket ?? (yield* factsOf(p)).criSocket ?? CRI_SOCKET,
  }
}

export const configImages: Command = {
  path: 'config images',
  short: 'Interact with container images used by kubeadm',
}

export const imagesList: Command = {
  path: 'config images list',
  short: 'Print a list of images kubeadm will use. The configuration file is used in case any images or image repositories are customized', // prettier-ignore
  flags: [...IMAGE_FLAGS, option.output],
  *run(ctx) {
    const { p, flags } = ctx
    const images = allImages((yield* imageCluster(ctx)).cluster)
    const format = flags.text('output')
    const object = { apiVersion: 'output.kubeadm.k8s.io/v1alpha3', images, kind: 'Images' }
    if (format === 'json') yield* p.out(makeJson(object))
    else if (format === 'yaml') yield* p.out(makeYaml(object))
    else if (format === 'text') yield* p.out(images.map((image) => `${image}\n`).join(''))
    else throw notSimulated(`kubeadm config images list -o ${format}`)
  },
}

export const imagesPull: Command = {
  path: 'config images pull',
  short: 'Pull images used by kubeadm',
  flags: [...IMAGE_FLAGS, option.criSocket],
  *run(ctx) {
    const { p, flags } = ctx
    const { cluster, socket } = yield* imageCluster(ctx)
    const endpoint = flags.text('cri-socket') || socket
    for (const image of allImages(cluster)) yield* pullOne(p, image, endpoint)
  },
}

function* pullOne(p: Proc, image: string, socket: string): Run<void> {
  if (!(yield* imageIsThere(p, image))) {
    const why = yield* pullImage(p, image, socket)
    if (why !== undefined) throw new KubeadmError(`failed to pull image ${JSON.stringify(image)}: ${why}`)
  }
  yield* say(p, `[config/images] Pulled ${image}`)
}

const OLD_CONFIG = flagSpec('old-config', 'string', 'Path to the kubeadm config file that is using an old API version and should be converted. This flag is mandatory.') // prettier-ignore
const NEW_CONFIG = flagSpec('new-config', 'string', 'Path to the resulting equivalent kubeadm config file using the new API version. Optional, if not specified output will be sent to STDOUT.') // prettier-ignore
const ALLOW = flagSpec('allow-experimental-api', 'bool', 'Allow migration to experimental, unreleased APIs.')

export const migrate: Command = {
  path: 'config migrate',
  short: 'Read an older version of the kubeadm configuration API types from a file, and output the similar config object for the newer version', // prettier-ignore
  flags: [OLD_CONFIG, NEW_CONFIG, ALLOW],
  *run(ctx) {
    const { p, flags } = ctx
    const path = flags.text('old-config')
    if (path === '') throw new KubeadmError('the --old-config flag is mandatory')
    const text = yield* migrated(ctx, path)
    const target = flags.text('new-config')
    if (target === '') yield* p.out(text)
    else yield* write(p, target, text, 0o644)
  },
}

/** Every kubeadm document in the newest version, filled with defaults. */
function* migrated({ p, features, version }: Context, path: string): Run<string> {
  const reading = readConfig(yield* textOf(p, path), features.minor)
  for (const { place, text } of reading.warnings) if (!text.includes('deprecated API spec')) yield* warn(p, place, text)
  const { init, cluster, join, reset } = reading.config
  const api = features.configApi
  const facts = yield* factsOf(p)
  const documents: Fields[] = []
  if (init !== undefined || cluster !== undefined) {
    const resolved = yield* resolveVersion(p, cluster?.kubernetesVersion || 'stable-1', version)
    const full = defaultCluster(cluster ?? {}, resolved)
    documents.push(initDocument(defaultInit(init ?? {}, facts), api))
    documents.push(withoutDefaultArgs(clusterDocument(full, api)))
  }
  if (join !== undefined) documents.push(joinDocument(defaultJoin(join, facts), api))
  if (reset !== undefined) documents.push(newKind('ResetConfiguration', { ...defaultReset(reset), timeouts: TIMEOUTS }))
  if (documents.length === 0) throw new KubeadmError('no kubeadm config kinds were found in the YAML file')
  return makeDocuments(documents)
}

function* textOf(p: Proc, path: string): Run<string> {
  const file = yield* p.readFile(path)
  if ('error' in file) throw new KubeadmError(`open ${path}: ${errnoText(file.error)}`)
  return file.text
}

export const validate: Command = {
  path: 'config validate',
  short: 'Read a file containing the kubeadm configuration API and report any validation errors',
  flags: [
    option.config,
    flagSpec('allow-experimental-api', 'bool', 'Allow validation of experimental, unreleased APIs.'),
  ],
  *run({ p, flags, features }) {
    const path = flags.text('config')
    if (path === '') throw new KubeadmError('the --config flag is mandatory')
    const reading = readConfig(yield* textOf(p, path), features.minor)
    const strict = reading.warnings.filter(({ text }) => text.includes('strict decoding error'))
    for (const { place, text } of reading.warnings)
      if (!text.includes('strict decoding error')) yield* warn(p, place, text)
    if (strict.length > 0) throw new KubeadmError((strict[0] as { text: string }).text)
    if (reading.found.length === 0) throw new KubeadmError('no kubeadm config kinds were found in the YAML file')
    yield* say(p, 'ok')
  },
}
