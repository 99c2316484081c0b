/** Which server, as whom, in which namespace: the kubeconfig's answer, with the global flags over it. */
import { lettersOfText, textOfLetters } from '../../../host/bytes.ts'
import type { Proc, Run } from '../../../host/process.ts'
import { parseCertificates, parseKeyPem, publicPartOf, samePublicKey } from '../../../pki/index.ts'
import { CommandError, PlainError } from '../errors.ts'
import type { FlagValues } from '../flags.ts'
import { homeOf, kubeconfigPaths, loadKubeconfig, type Fields, type Kubeconfig } from './kubeconfig.ts'

export interface Connection {
  /** `https://10.0.0.1:6443`, without a slash at the end. */
  server: string
  tls: { ca?: string; cert?: string; key?: string; insecure?: boolean; serverName?: string }
  /** Request headers that say who asks. */
  headers: Record<string, string>
  timeoutMs?: number
}

/** The file's view, cached by the session. */
export interface Loaded {
  config: Kubeconfig
  context: Fields
  contextName: string
}

const configError = (text: string): CommandError => new PlainError(`Error in configuration: ${text}`)

/** Loads the kubeconfig and chooses the context; one that is not there is told by what needs it. */
export function* loadContext(p: Proc, flags: FlagValues): Run<Loaded> {
  const flag = flags.text('kubeconfig')
  const config = yield* loadKubeconfig(p, kubeconfigPaths(p, flag), flag !== '')
  const contextName = flags.text('context') || config.currentContext
  return { config, context: config.contexts.get(contextName) ?? {}, contextName }
}

const isMissing = ({ config, contextName }: Loaded): boolean => contextName !== '' && !config.contexts.has(contextName)

const text = (fields: Fields | undefined, key: string): string => {
  const value = fields?.[key]
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : String(value)
}

/** The namespace of the flag, of the context, of the pod we run in, or `default`. */
export function* namespaceOf(
  p: Proc,
  flags: FlagValues,
  loaded: Loaded,
): Run<{ namespace: string; explicit: boolean }> {
  if (isMissing(loaded)) throw configError(`context was not found for specified context: ${loaded.contextName}`)
  if (flags.text('namespace')) return { namespace: flags.text('namespace'), explicit: true }
  const own = text(loaded.context, 'namespace')
  if (own) return { namespace: own, explicit: false }
  if (!loaded.config.found && p.env.KUBERNETES_SERVICE_HOST) {
    const mounted = yield* p.readFile(`${POD_DIR}/namespace`)
    if ('text' in mounted) return { namespace: mounted.text.trim(), explicit: false }
  }
  return { namespace: 'default', explicit: false }
}

const POD_DIR = '/var/run/secrets/kubernetes.io/serviceaccount'

/** The connection that flags and kubeconfig give. */
export function* connectionOf(p: Proc, flags: FlagValues, loaded: Loaded): Run<Connection> {
  const { config, context } = loaded
  if (isMissing(loaded)) throw new CommandError(`context "${loaded.contextName}" does not exist`)
  if (!config.found && !flags.text('server') && p.env.KUBERNETES_SERVICE_HOST) return yield* inCluster(p)
  const cluster = chooseCluster(config, flags, text(context, 'cluster'))
  const user = chooseUser(config, flags, text(context, 'user'))
  const server = flags.text('server') || text(cluster, 'server') || 'http://localhost:8080'
  return {
    server: withScheme(server).replace(/\/+$/, ''),
    tls: yield* tlsOf(p, flags, config, cluster, user),
    headers: yield* headersOf(
      p,
      flags,
      user,
      flags.text('user') || text(context, 'user'),
      withScheme(server).startsWith('https:'),
    ),
    timeoutMs: timeoutOf(flags),
  }
}

function chooseCluster(config: Kubeconfig, flags: FlagValues, named: string): Fields | undefined {
  const wanted = flags.text('cluster') || named
  const cluster = config.clusters.get(wanted)
  if (flags.text('server')) return cluster
  if (flags.text('cluster') && !cluster) throw new CommandError(`no server found for cluster "${wanted}"`)
  if (wanted && !cluster) throw configError(`cluster "${wanted}" does not exist`)
  if (cluster && !text(cluster, 'server')) throw new CommandError(`no server found for cluster "${wanted}"`)
  return cluster
}

/** Commands such as `create rolebinding` have a `--user` of their own. */
const globalUser = (flags: FlagValues): string => (flags.typeOf('user') === 'string' ? flags.text('user') : '')

function chooseUser(config: Kubeconfig, flags: FlagValues, named: string): Fields | undefined {
  const wanted = globalUser(flags) || named
  const user = config.users.get(wanted)
  if (globalUser(flags) && !user) throw new CommandError(`auth info "${wanted}" does not exist`)
  if (user?.exec) throw new CommandError('not simulated: exec credential plugins')
  return user
}

const withScheme = (server: string): string => (/^[a-z]+:\/\//.test(server) ? server : `http://${server}`)

function timeoutOf(flags: FlagValues): number | undefined {
  const given = flags.text('request-timeout')
  if (!given || given === '0') return undefined
  if (/^\d+$/.test(given)) return Number(given) * 1000
  const unit: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  const parts = [...given.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (parts.map((part) => part[0]).join('') !== given)
    throw new CommandError(
      'Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)',
    )
  return parts.reduce((sum, part) => sum + Number(part[1]) * unit[part[2]!]!, 0)
}

function* tlsOf(
  p: Proc,
  flags: FlagValues,
  config: Kubeconfig,
  cluster: Fields | undefined,
  user: Fields | undefined,
): Run<Connection['tls']> {
  const base = (config.paths[0] ?? homeOf(p)).replace(/\/[^/]*$/, '')
  const caFile = flags.text('certificate-authority')
  const insecure = flags.bool('insecure-skip-tls-verify') || cluster?.['insecure-skip-tls-verify'] === true
  const ca = caFile
    ? yield* givenPem(p, caFile, 'certificate-authority')
    : yield* pem(p, base, cluster, 'certificate-authority')
  const serverName = flags.text('tls-server-name') || text(cluster, 'tls-server-name')
  const certFile = flags.text('client-certificate')
  const keyFile = flags.text('client-key')
  const cert = certFile
    ? yield* givenPem(p, certFile, 'client-certificate')
    : yield* pem(p, base, user, 'client-certificate')
  const key = keyFile ? yield* givenPem(p, keyFile, 'client-key') : yield* pem(p, base, user, 'client-key')
  checkPems({ ca, cert: certFile ? undefined : cert, key: keyFile ? undefined : key }, user)
  return {
    ...(ca !== undefined ? { ca } : {}),
    ...(cert !== undefined ? { cert } : {}),
    ...(key !== undefined ? { key } : {}),
    ...(insecure ? { insecure } : {}),
    ...(serverName ? { serverName } : {}),
  }
}

/** What client-go says before it connects; pairs of files are looked at at the handshake. Models rest/transport TLSConfigFor. */
function checkPems({ ca, cert, key }: Connection['tls'], user: Fields | undefined): void {
  if (ca !== undefined && ca !== '' && parseCertificates(ca).length === 0)
    throw new CommandError('unable to load root certificates: unable to parse bytes as PEM block')
  if (cert === undefined || key === undefined || !text(user, 'client-certificate-data')) return
  const certificate = parseCertificates(cert)[0]
  if (certificate === undefined) throw new CommandError('tls: failed to find any PEM data in certificate input')
  const own = parseKeyPem(key)
  if (own === undefined) throw new CommandError('tls: failed to find any PEM data in key input')
  if (!samePublicKey(certificate.publicKey, publicPartOf(own)))
    throw new CommandError('tls: private key does not match public key')
}

/** A file that a flag names, from where the command runs. */
function* givenPem(p: Proc, path: string, key: string): Run<string> {
  const file = yield* p.readFile(path)
  if ('text' in file) return file.text
  const why = file.error === 'EACCES' ? 'permission denied' : 'no such file or directory'
  throw new CommandError(`unable to read ${key} ${path} for  due to open ${path}: ${why}`)
}

/** PEM text of a `<key>-data` or `<key>` field. */
function* pem(p: Proc, base: string, fields: Fields | undefined, key: string): Run<string | undefined> {
  const data = text(fields, `${key}-data`)
  if (data) return decodeBase64(data)
  const path = text(fields, key)
  if (!path) return undefined
  const full = path.startsWith('/') ? path : `${base}/${path}`
  const file = yield* p.readFile(full)
  if ('text' in file) return file.text
  const why = file.error === 'EACCES' ? 'permission denied' : 'no such file or directory'
  throw configError(
    `unable to read ${key} ${full} for ${key === 'certificate-authority' ? 'cluster' : 'user'} due to open ${full}: ${why}`,
  )
}

/** Text of base64; what is not base64 is taken as it is, so that a broken file fails at the handshake. */
export function decodeBase64(data: string): string {
  try {
    return textOfLetters(atob(data.replace(/\s+/g, '')))
  } catch {
    return data
  }
}

export const encodeBase64 = (plain: string): string => btoa(lettersOfText(plain))

function* headersOf(
  p: Proc,
  flags: FlagValues,
  user: Fields | undefined,
  userName: string,
  secure: boolean,
): Run<Record<string, string>> {
  const headers: Record<string, string> = {}
  const token = flags.text('token') || (yield* tokenOf(p, user))
  const asked = token || !secure || canIdentify(flags, user) ? undefined : yield* prompt(p)
  const name = asked?.name ?? (flags.text('username') || text(user, 'username'))
  const password = asked?.password ?? (flags.text('password') || text(user, 'password'))
  if (token) headers.authorization = `Bearer ${token}`
  else if (name) headers.authorization = `Basic ${encodeBase64(`${name}:${password}`)}`
  const as = flags.text('as') || text(user, 'as')
  if (as) headers['impersonate-user'] = as
  const groups = flags.list('as-group')
  if (groups.length > 0) headers['impersonate-group'] = groups.join(',')
  if (flags.text('as-uid')) headers['impersonate-uid'] = flags.text('as-uid')
  if (!as && groups.length > 0)
    throw new CommandError(`requesting uid, groups or user-extra for ${userName} without impersonating a user`)
  return headers
}

/** Over TLS a user must be somebody. Models clientcmd canIdentifyUser. */
function canIdentify(flags: FlagValues, user: Fields | undefined): boolean {
  const has = (key: string): boolean => text(user, key) !== ''
  const certificate =
    flags.text('client-certificate') !== '' || has('client-certificate') || has('client-certificate-data')
  return certificate || flags.text('username') !== '' || has('username')
}

/** Models clientcmd PromptingAuthLoader. */
function* prompt(p: Proc): Run<{ name: string; password: string }> {
  const ask = function* (what: string): Run<string> {
    yield* p.out(`Please enter ${what}: `)
    const line = yield* p.readLine()
    if (line === null) throw new CommandError('EOF')
    return line
  }
  return { name: yield* ask('Username'), password: yield* ask('Password') }
}

function* tokenOf(p: Proc, user: Fields | undefined): Run<string> {
  const path = text(user, 'tokenFile')
  if (!path) return text(user, 'token')
  const file = yield* p.readFile(path)
  return 'text' in file ? file.text.trim() : ''
}

/** In a pod: the service account's token, the cluster's address from the environment. */
function* inCluster(p: Proc): Run<Connection> {
  const token = yield* p.readFile(`${POD_DIR}/token`)
  const ca = yield* p.readFile(`${POD_DIR}/ca.crt`)
  return {
    server: `https://${p.env.KUBERNETES_SERVICE_HOST}:${p.env.KUBERNETES_SERVICE_PORT ?? '443'}`,
    tls: 'text' in ca ? { ca: ca.text } : {},
    headers: 'text' in token ? { authorization: `Bearer ${token.text.trim()}` } : {},
  }
}
