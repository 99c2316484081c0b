/** What the phases of `join` share. Models cmd/kubeadm/app/cmd/join.go (newJoinData). */
import type { Proc, Run } from '../../../host/process.ts'
import type { Client } from '../../kubectl/client.ts'
import type { FlagValues } from '../../kubectl/flags.ts'
import type { Context } from '../command.ts'
import { defaultJoin } from '../config/defaults.ts'
import { loadConfig } from '../config/load.ts'
import type { ClusterConfiguration, Discovery, Fields, InitConfiguration, JoinConfiguration } from '../config/types.ts'
import { KubeadmError } from '../errors.ts'
import { checkMixed, dirsOf, ignoredChecks, refuseUnmodelled } from '../init/data.ts'
import type { Dirs } from '../init/data.ts'
import { CERTIFICATES_DIR, conf } from '../paths.ts'
import type { Features } from '../release.ts'
import { clientOf, factsOf } from '../session.ts'
import { parseToken, TOKEN_PATTERN } from '../token/tokens.ts'

/** What was found out about the cluster. */
export interface Discovered {
  server: string
  ca: string
  clusterName: string
  /** The token that the kubelet asks with, or a whole kubeconfig with credentials. */
  credentials: Fields
}

export interface JoinData {
  version: string
  features: Features
  join: JoinConfiguration
  hostName: string
  ignored: string[]
  dryRun: boolean
  dirs: Dirs
  skipPhases: string[]
  /** Filled when first needed. */
  discovered?: Discovered
  cluster?: ClusterConfiguration
  init?: InitConfiguration
  kubelet?: Fields
  client?: Client
}

function fromFlags(flags: FlagValues, args: readonly string[]): Partial<JoinConfiguration> {
  const token = flags.text('token')
  const file = flags.text('discovery-file')
  const [endpoint] = args
  const discovery: Discovery = {
    tlsBootstrapToken: flags.text('tls-bootstrap-token') || token,
    ...(file !== '' && { file: { kubeConfigPath: file } }),
    ...(endpoint !== undefined && {
      bootstrapToken: {
        token: flags.text('discovery-token') || token,
        apiServerEndpoint: endpoint,
        caCertHashes: flags.list('discovery-token-ca-cert-hash'),
        unsafeSkipCAVerification: flags.bool('discovery-token-unsafe-skip-ca-verification'),
      },
    }),
  }
  return { discovery, ...(flags.bool('control-plane') && { controlPlane: controlPlaneOf(flags) }) }
}

function controlPlaneOf(flags: FlagValues): NonNullable<JoinConfiguration['controlPlane']> {
  const certificateKey = flags.text('certificate-key')
  return {
    localAPIEndpoint: {
      advertiseAddress: flags.changed('apiserver-advertise-address') ? flags.text('apiserver-advertise-address') : '',
      bindPort: flags.changed('apiserver-bind-port') ? flags.int('apiserver-bind-port') : 6443,
    },
    ...(certificateKey !== '' && { certificateKey }),
  }
}

export function* joinData({ p, args, flags, version, features }: Context): Run<JoinData> {
  checkMixed(flags)
  const path = flags.text('config')
  const given =
    path === ''
      ? fromFlags(flags, args)
      : ((yield* loadConfig(p, path, features.minor, ['JoinConfiguration'])).join ?? {})
  refuseUnmodelled(flags, given.patches)
  const facts = yield* factsOf(p)
  const node = {
    ...given.nodeRegistration,
    ...(flags.changed('node-name') && { name: flags.text('node-name').toLowerCase() }),
    ...(flags.changed('cri-socket') && { criSocket: flags.text('cri-socket') }),
  }
  const join = withTokens(
    defaultJoin({ ...given, nodeRegistration: node as JoinConfiguration['nodeRegistration'] }, facts),
  )
  validate(join)
  const dryRun = flags.bool('dry-run') || join.dryRun === true
  return {
    version,
    features,
    join,
    hostName: facts.name,
    ignored: ignoredChecks(flags, join.nodeRegistration.ignorePreflightErrors),
    dryRun,
    dirs: yield* dirsOf(p, 'join', CERTIFICATES_DIR, dryRun),
    skipPhases: flags.changed('skip-phases') ? flags.list('skip-phases') : (join.skipPhases ?? []),
  }
}

/** The token of the discovery serves the kubelet too, unless another is named. */
function withTokens(join: JoinConfiguration): JoinConfiguration {
  const { discovery } = join
  const token = discovery.tlsBootstrapToken || discovery.bootstrapToken?.token || ''
  return { ...join, discovery: { ...discovery, ...(token !== '' && { tlsBootstrapToken: token }) } }
}

/** Models apis/kubeadm/validation (ValidateJoinConfiguration). */
function validate({ discovery, caCertPath }: JoinConfiguration): void {
  const { bootstrapToken, file } = discovery
  if (bootstrapToken === undefined && file === undefined)
    throw new KubeadmError('discovery: Invalid value: "": bootstrapToken or file must be set')
  if (bootstrapToken !== undefined && file !== undefined)
    throw new KubeadmError('discovery: Invalid value: "": bootstrapToken and file cannot both be set')
  const problems = bootstrapToken === undefined ? [] : tokenProblems(bootstrapToken)
  if (!caCertPath.startsWith('/'))
    problems.push(`caCertPath: Invalid value: ${JSON.stringify(caCertPath)}: path is not absolute`)
  if (problems.length > 0)
    throw new KubeadmError(problems.length === 1 ? (problems[0] as string) : `[${problems.join(', ')}]`)
}

function tokenProblems({
  token,
  apiServerEndpoint = '',
  caCertHashes = [],
  unsafeSkipCAVerification,
}: NonNullable<Discovery['bootstrapToken']>): string[] {
  const problems: string[] = []
  const pattern = TOKEN_PATTERN.replaceAll('\\', '\\\\')
  if (apiServerEndpoint === '') problems.push('discovery.bootstrapToken: Required value: APIServerEndpoint is not set')
  if (caCertHashes.length === 0 && unsafeSkipCAVerification !== true)
    problems.push(
      'discovery.bootstrapToken.caCertHashes: Invalid value: "": using token-based discovery without caCertHashes can be unsafe. Set unsafeSkipCAVerification as true in your kubeadm config file or pass --discovery-token-unsafe-skip-ca-verification flag to continue',
    )
  if (token === '') problems.push('discovery.bootstrapToken.token: Invalid value: "": the bootstrap token is invalid')
  else if (parseToken(token) === undefined)
    problems.push(
      `discovery.tlsBootstrapToken: Invalid value: ${JSON.stringify(token)}: the bootstrap token is invalid: the bootstrap token ${JSON.stringify(token)} was not of the form "${pattern}"`,
    )
  const format = /^[^:]+:\d+$|^[^:]+$/
  if (apiServerEndpoint !== '' && !format.test(apiServerEndpoint))
    problems.push(`discovery.bootstrapToken.apiServerEndpoint: Invalid value: ${JSON.stringify(apiServerEndpoint)}: endpoint must be of the form host:port`) // prettier-ignore
  return problems
}

/** The administrator's client: a control plane has admin.conf by then. */
export function* joinClient(p: Proc, data: JoinData): Run<Client> {
  data.client ??= yield* clientOf(p, conf('admin'))
  return data.client
}
