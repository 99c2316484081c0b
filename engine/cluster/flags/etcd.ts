/**
 * What etcd's command line comes to (O8b, O9, H1). Models etcdmain and server/embed: flags, checks of the
 * configuration, data directory, peer listeners, client listeners, the initial cluster, and last the files
 * of the client listener. Not modelled: --config-file, discovery, environment variables, self-made certificates.
 */
import { defaultConfig, minorOf, parseUrl, urlsByName } from '../../etcd/config.ts'
import type { EtcdConfig, EtcdTls } from '../../etcd/config.ts'
import { parseCertificates } from '../../pki/index.ts'
import { notSimulated } from './effects.ts'
import { ETCD_DEPRECATED, ETCD_ROWS, ETCD_USAGE } from './etcd-rows.ts'
import { bindUrlProblem, parseGoFlags, urlsProblem } from './go-flag.ts'
import type { GoFlags } from './go-flag.ts'
import { listenProblem, openProblem } from './host.ts'
import type { FlagHost, Refusal } from './host.ts'
import { pairFilesProblem } from './key-pairs.ts'
import { parseDuration, quoted, ValueError } from './values.ts'

type Read = { settings: EtcdConfig; log: string; withoutEffect: string[] } | Refusal

const ACTING = [
  ...['name', 'data-dir', 'initial-cluster', 'initial-cluster-token', 'initial-cluster-state', 'listen-peer-urls'],
  ...['initial-advertise-peer-urls', 'listen-client-urls', 'advertise-client-urls', 'listen-metrics-urls'],
  ...['cert-file', 'key-file', 'trusted-ca-file', 'client-cert-auth', 'peer-cert-file', 'peer-key-file'],
  ...['peer-trusted-ca-file', 'peer-client-cert-auth', 'quota-backend-bytes', 'snapshot-count', 'pre-vote'],
  ...['heartbeat-interval', 'election-timeout', 'strict-reconfig-check', 'force-new-cluster', 'max-txn-ops'],
  ...['auto-compaction-mode', 'auto-compaction-retention', 'max-request-bytes', 'max-learners', 'metrics'],
  ...['experimental-max-learners', 'watch-progress-notify-interval', 'experimental-watch-progress-notify-interval'],
  ...['corrupt-check-time', 'experimental-corrupt-check-time'],
  ...['experimental-initial-corrupt-check', 'feature-gates', 'logger', 'log-level', 'log-outputs', 'version'],
]

interface Scene {
  flags: GoFlags
  version: string
  host: FlagHost
}

export function readEtcd(argv: readonly string[], version: string, host: FlagHost): Read {
  const minor = minorOf(version)
  const rows = ETCD_ROWS.filter(({ since, removed }) => since <= minor && minor < removed)
  const flags = parseGoFlags(rows, argv.slice(1))
  if ('error' in flags) return { refused: `${flags.error}\n${ETCD_USAGE}`, code: 2, afterMs: 16 }
  if ('help' in flags) return { refused: ETCD_USAGE, code: 0, afterMs: 16 }
  if (flags.given.get('version') === 'true') return { refused: versionText(version), code: 0, afterMs: 16 }
  return start({ flags, version, host })
}

const versionText = (version: string): string => `etcd Version: ${version}\nGo OS/Arch: linux/amd64\n`

function start(scene: Scene): Read {
  const { flags, version, host } = scene
  const unread = unreadProblem(flags)
  if (unread !== undefined) return { refused: `${unread}\n`, code: 1, afterMs: 16 }
  const config = configOf(scene)
  const stray = flags.args[0]
  const flaw =
    stray === undefined
      ? verifyProblem(flags, config)
      : `${minorOf(version) >= 6 ? quoted(stray) : `'${stray}'`} is not a valid flag`
  if (flaw !== undefined) return badFlags(scene, flaw)
  const failure = dataDirFailure(scene, config) ?? startFailure(scene, config) ?? clientFailure(scene, config)
  if (failure !== undefined) return failure
  const withoutEffect = [...flags.given.keys()].filter((name) => !ACTING.includes(name))
  return { settings: config, log: deprecations(scene, host.nowMs) + notSimulated(withoutEffect), withoutEffect }
}

function unreadProblem({ given }: GoFlags): string | undefined {
  const names = ['config-file', 'discovery', 'discovery-srv', 'discovery-endpoints', 'auto-tls', 'peer-auto-tls']
  const found = names.find((name) => !['', 'false', undefined].includes(given.get(name)))
  return found && `not simulated: --${found}`
}

// --- what it writes -------------------------------------------------------------------------------------

const isOldLogger = ({ flags, version }: Scene): boolean => minorOf(version) < 5 && flags.given.get('logger') !== 'zap'

const OLD_LOGGER = "[WARNING] Deprecated '--logger=capnslog' flag is set; use '--logger=zap' flag instead\n"

function jsonLine(ms: number, level: string, caller: string, fields: Record<string, unknown>): string {
  return `${JSON.stringify({ level, ts: zapTime(ms), caller, ...fields })}\n`
}

/** 3.4 writes milliseconds, later versions microseconds. */
const zapTime = (ms: number): string => new Date(ms).toISOString()

const oldTime = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '000')

function badFlags(scene: Scene, flaw: string): Refusal {
  const ms = scene.host.nowMs + 15
  const refused = isOldLogger(scene)
    ? `${OLD_LOGGER}${oldTime(ms)} E | etcdmain: error verifying flags, ${flaw}. See 'etcd --help'.\n`
    : jsonLine(ms, 'warn', 'etcdmain/etcd.go:66', { msg: 'failed to verify flags', error: flaw })
  return { refused, code: 1, afterMs: 20 }
}

interface Fatal {
  msg: string
  line: string
  error: string
  afterMs: number
  extra?: Record<string, unknown>
}

function stackOf(version: string, line: string): string {
  const at = minorOf(version) >= 5 ? 'go.etcd.io/etcd/server/v3' : 'go.etcd.io/etcd'
  const main = minorOf(version) >= 5 ? 'etcdmain/main.go:40' : 'etcdmain/main.go:46'
  return `${at}/etcdmain.startEtcdOrProxyV2\n\t${at}/${line}\n${at}/etcdmain.Main\n\t${at}/${main}\nmain.main\n\t${at}/main.go:${minorOf(version) >= 5 ? 31 : 28}\nruntime.main\n\truntime/proc.go:250`
}

function fatal(scene: Scene, { msg, line, error, afterMs, extra = {} }: Fatal): Refusal {
  const { version, host } = scene
  const ms = host.nowMs + afterMs
  if (isOldLogger(scene)) return { refused: `${OLD_LOGGER}${oldTime(ms)} C | etcdmain: ${error}\n`, code: 1, afterMs }
  const isStart = msg === 'discovery failed'
  const warnLine = minorOf(version) >= 5 ? 'etcdmain/etcd.go:146' : 'etcdmain/etcd.go:176'
  const warn = isStart ? jsonLine(ms, 'warn', warnLine, { msg: 'failed to start etcd', error }) : ''
  const last = jsonLine(ms, 'fatal', line, { msg, ...extra, error, stacktrace: stackOf(version, line) })
  return { refused: deprecations(scene, host.nowMs) + warn + last, code: 1, afterMs }
}

function deprecations({ flags, version }: Scene, ms: number): string {
  if (minorOf(version) < 6) return ''
  return [...flags.given.keys()]
    .flatMap((name) => ETCD_DEPRECATED[name] ?? [])
    .map((msg) => jsonLine(ms, 'warn', 'etcdmain/config.go:270', { msg }))
    .join('')
}

// --- the configuration ----------------------------------------------------------------------------------

const listOf = (text: string): string[] =>
  text === '' ? [] : [...new Set(text.split(',').map((one) => one.trim()))].sort()

function configOf({ flags: { given }, version }: Scene): EtcdConfig {
  const defaults = defaultConfig(version)
  const text = (name: string, preset: string): string => given.get(name) ?? preset
  const number = (name: string, preset: number): number =>
    given.has(name) ? Number(given.get(name)?.replaceAll('_', '')) : preset
  const bool = (name: string, preset: boolean): boolean =>
    given.has(name) ? ['1', 't', 'true'].includes(text(name, '').toLowerCase()) : preset
  const urls = (name: string, preset: string[]): string[] => (given.has(name) ? listOf(text(name, '')) : preset)
  const ms = (names: string[], preset: number): number => {
    const found = names.find((name) => given.has(name))
    return found === undefined ? preset : parseDuration(given.get(found) ?? '')
  }
  const name = text('name', defaults.name)
  const peers = urls('initial-advertise-peer-urls', defaults.initialAdvertisePeerUrls)
  const mode = text('auto-compaction-mode', defaults.autoCompactionMode)
  const clientTls = tlsOf(given, '', 'client-cert-auth')
  const peerTls = tlsOf(given, 'peer-', 'peer-client-cert-auth')
  return {
    ...defaults,
    name,
    dataDir: text('data-dir', `${name}.etcd`) || `${name}.etcd`,
    initialCluster: given.has('initial-cluster')
      ? clusterOf(text('initial-cluster', ''))
      : peers.map((url) => ({ name, url })),
    initialClusterToken: text('initial-cluster-token', defaults.initialClusterToken),
    initialClusterState: text('initial-cluster-state', 'new') === 'existing' ? 'existing' : 'new',
    initialAdvertisePeerUrls: peers,
    listenPeerUrls: urls('listen-peer-urls', defaults.listenPeerUrls),
    listenClientUrls: urls('listen-client-urls', defaults.listenClientUrls),
    advertiseClientUrls: urls('advertise-client-urls', defaults.advertiseClientUrls),
    listenMetricsUrls: urls('listen-metrics-urls', []),
    ...(clientTls !== undefined && { clientTls }),
    ...(peerTls !== undefined && { peerTls }),
    quotaBackendBytes: number('quota-backend-bytes', defaults.quotaBackendBytes),
    snapshotCount: number('snapshot-count', defaults.snapshotCount),
    snapshotCatchupEntries: number('experimental-snapshot-catchup-entries', defaults.snapshotCatchupEntries),
    heartbeatIntervalMs: number('heartbeat-interval', defaults.heartbeatIntervalMs),
    electionTimeoutMs: number('election-timeout', defaults.electionTimeoutMs),
    preVote: bool('pre-vote', defaults.preVote),
    strictReconfigCheck: bool('strict-reconfig-check', true),
    forceNewCluster: bool('force-new-cluster', false),
    initialCorruptCheck:
      bool('experimental-initial-corrupt-check', false) || /InitialCorruptCheck=true/.test(text('feature-gates', '')),
    corruptCheckMs: ms(['corrupt-check-time', 'experimental-corrupt-check-time'], 0),
    autoCompactionMode: mode === 'revision' ? 'revision' : 'periodic',
    autoCompactionRetention: retentionOf(text('auto-compaction-retention', '0'), mode) ?? 0,
    maxTxnOps: number('max-txn-ops', defaults.maxTxnOps),
    maxRequestBytes: number('max-request-bytes', defaults.maxRequestBytes),
    maxLearners: number('max-learners', number('experimental-max-learners', defaults.maxLearners)),
    watchProgressNotifyIntervalMs: ms(
      ['watch-progress-notify-interval', 'experimental-watch-progress-notify-interval'],
      defaults.watchProgressNotifyIntervalMs,
    ),
    extensiveMetrics: text('metrics', 'basic') === 'extensive',
  }
}

function tlsOf(given: ReadonlyMap<string, string>, prefix: string, auth: string): EtcdTls | undefined {
  const file = (name: string): string => given.get(`${prefix}${name}`) ?? ''
  const tls = {
    certFile: file('cert-file'),
    keyFile: file('key-file'),
    trustedCaFile: file('trusted-ca-file'),
    clientCertAuth: given.get(auth) !== undefined && given.get(auth) !== 'false',
  }
  return tls.certFile === '' && tls.keyFile === '' ? undefined : tls
}

function clusterOf(text: string): EtcdConfig['initialCluster'] {
  return text
    .split(',')
    .filter((one) => one !== '')
    .map((one) => {
      const at = one.indexOf('=')
      return at < 0 ? { name: one.trim(), url: '' } : { name: one.slice(0, at).trim(), url: one.slice(at + 1).trim() }
    })
}

/** Milliseconds, or revisions; a bare number of `periodic` is hours. Undefined: it cannot be read. */
function retentionOf(text: string, mode: string): number | undefined {
  if (/^\d+$/.test(text)) return mode === 'revision' ? Number(text) : Number(text) * 3_600_000
  try {
    return mode === 'revision' ? undefined : parseDuration(text)
  } catch (error) {
    if (error instanceof ValueError) return undefined
    throw error
  }
}

// --- what is wrong with it ------------------------------------------------------------------------------

/** Models embed.Config.Validate. */
function verifyProblem({ given }: GoFlags, config: EtcdConfig): string | undefined {
  const { heartbeatIntervalMs, electionTimeoutMs } = config
  const bind =
    bindUrlProblem(config.listenPeerUrls) ??
    bindUrlProblem(config.listenClientUrls) ??
    bindUrlProblem(config.listenMetricsUrls)
  if (bind !== undefined) return bind
  const mode = given.get('auto-compaction-mode') ?? 'periodic'
  if (!['periodic', 'revision', ''].includes(mode)) return `unknown auto-compaction-mode ${quoted(mode)}`
  if (heartbeatIntervalMs === 0) return `--heartbeat-interval must be >0 (set to ${heartbeatIntervalMs}ms)`
  if (electionTimeoutMs === 0) return `--election-timeout must be >0 (set to ${electionTimeoutMs}ms)`
  if (5 * heartbeatIntervalMs > electionTimeoutMs)
    return `--election-timeout[${electionTimeoutMs}ms] should be at least as 5 times as --heartbeat-interval[${heartbeatIntervalMs}ms]`
  if (electionTimeoutMs > 50_000)
    return `--election-timeout[${electionTimeoutMs}ms] is too long, and should be set less than 50000ms`
  return given.has('listen-client-urls') && (given.get('advertise-client-urls') ?? '') === ''
    ? '--advertise-client-urls is required when --listen-client-urls is set explicitly'
    : undefined
}

function dataDirFailure(scene: Scene, { dataDir }: EtcdConfig): Refusal | undefined {
  if (scene.host.kindOf(dataDir) !== 'file') return undefined
  const line = minorOf(scene.version) >= 5 ? 'etcdmain/etcd.go:424' : 'etcdmain/etcd.go:562'
  const error = `readdirent ${dataDir}: not a directory`
  return fatal(scene, { msg: 'failed to list data directory', line, error, afterMs: 20, extra: { dir: dataDir } })
}

function startFailure(scene: Scene, config: EtcdConfig): Refusal | undefined {
  const line = minorOf(scene.version) >= 5 ? 'etcdmain/etcd.go:204' : 'etcdmain/etcd.go:271'
  const problem =
    peerProblem(scene.host, config) ??
    clientListenerProblem(scene.host, config) ??
    clusterProblem(scene, config) ??
    retentionProblem(scene.flags)
  return problem === undefined
    ? undefined
    : fatal(scene, { msg: 'discovery failed', line, error: problem, afterMs: 25 })
}

function peerProblem(host: FlagHost, { listenPeerUrls, peerTls }: EtcdConfig): string | undefined {
  for (const url of listenPeerUrls) {
    const { scheme, address, port } = parseUrl(url) ?? { scheme: 'http', address: '', port: 0 }
    if (scheme === 'https' && peerTls === undefined)
      return `cannot listen on TLS for ${address}:${port}: KeyFile and CertFile are not presented`
    const files = scheme === 'https' ? tlsProblem(host, peerTls) : undefined
    const problem = files ?? listenProblem(host, address, port)
    if (problem !== undefined) return problem
  }
  return undefined
}

function clientListenerProblem(host: FlagHost, { listenClientUrls, clientTls }: EtcdConfig): string | undefined {
  for (const url of listenClientUrls) {
    const { scheme, address, port } = parseUrl(url) ?? { scheme: 'http', address: '', port: 0 }
    if (scheme === 'https' && clientTls === undefined)
      return `TLS key/cert (--cert-file, --key-file) must be provided for client url ${url} with HTTPS scheme`
    const problem = listenProblem(host, address, port)
    if (problem !== undefined) return problem
  }
  return undefined
}

function tlsProblem(host: FlagHost, tls: EtcdTls | undefined): string | undefined {
  if (tls === undefined) return undefined
  const pair = pairFilesProblem(host, tls.certFile, tls.keyFile)
  if (pair !== undefined || tls.trustedCaFile === '') return pair
  if (host.sound?.([tls.trustedCaFile]) === true) return undefined
  const missing = openProblem(host, tls.trustedCaFile)
  if (missing !== undefined) return missing
  const text = host.read(tls.trustedCaFile) ?? ''
  return /-----BEGIN/.test(text) && parseCertificates(text).length === 0 ? 'x509: malformed certificate' : undefined
}

/** Only a member without data looks at the initial cluster. Models config.VerifyBootstrap. */
function clusterProblem({ flags, host }: Scene, config: EtcdConfig): string | undefined {
  const bad = config.initialCluster.find(({ url }) => url === '' || urlsProblem(url) !== undefined)
  if (bad !== undefined)
    return `error setting up initial cluster: ${bad.url === '' ? 'URL scheme must be http, https, unix, or unixs: ' : urlsProblem(bad.url)}`
  if (host.kindOf(`${config.dataDir}/member/wal`) === 'directory') return undefined
  const members = urlsByName(config.initialCluster)
  const own = members.get(config.name)
  if (own === undefined) return `couldn't find local name ${quoted(config.name)} in the initial cluster configuration`
  const twice = [...members].flatMap(([, urls]) => urls).find((url, index, all) => all.indexOf(url) !== index)
  if (twice !== undefined)
    return `member duplicate url: initial cluster ${flags.given.get('initial-cluster') ?? ''} has duplicate url`
  return advertiseProblem(config, own)
}

function advertiseProblem(
  { name, initialAdvertisePeerUrls: advertised }: EtcdConfig,
  own: readonly string[],
): string | undefined {
  const [mine, theirs] = [[...advertised].sort(), [...own].sort()]
  if (mine.join() === theirs.join()) return undefined
  const missing = theirs.filter((url) => !mine.includes(url))
  if (missing.length > 0) {
    const cluster = missing.map((url) => `${name}=${url}`).join(',')
    return `--initial-cluster has ${cluster} but missing from --initial-advertise-peer-urls=${mine.join(',')} (resolved urls: ${quoted(mine[0] ?? '')} != ${quoted(theirs[0] ?? '')})`
  }
  const more = mine.filter((url) => !theirs.includes(url))
  return `--initial-advertise-peer-urls has ${more.join(',')} but missing from --initial-cluster=${theirs.map((url) => `${name}=${url}`).join(',')}`
}

function retentionProblem({ given }: GoFlags): string | undefined {
  const text = given.get('auto-compaction-retention') ?? '0'
  const mode = given.get('auto-compaction-mode') ?? 'periodic'
  if (retentionOf(text, mode) !== undefined) return undefined
  return mode === 'revision'
    ? `error parsing CompactionRetention: strconv.ParseInt: parsing ${quoted(text)}: invalid syntax`
    : `error parsing CompactionRetention: time: invalid duration ${quoted(text)}`
}

/** The client listener's files are read last, when the member has joined its cluster: until then the log looks healthy. */
function clientFailure(scene: Scene, config: EtcdConfig): Refusal | undefined {
  const line = minorOf(scene.version) >= 5 ? 'etcdmain/etcd.go:219' : 'etcdmain/etcd.go:290'
  const isTls = config.listenClientUrls.some((url) => url.startsWith('https'))
  const error = isTls ? tlsProblem(scene.host, config.clientTls) : undefined
  return error === undefined ? undefined : fatal(scene, { msg: 'listener failed', line, error, afterMs: 600 })
}
