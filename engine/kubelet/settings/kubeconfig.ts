/**
 * What the kubelet looks at in its kubeconfigs before it uses them. Models clientcmd's loading and
 * pkg/kubelet/certificate/bootstrap (O4).
 */
import { parseCertificates } from '../../pki/index.ts'
import { makeYaml, parseYaml, YamlError } from '../../objects/yaml.ts'
import type { Validity } from '../runtime.ts'

/** The user and cluster of the current context. */
export interface Kubeconfig {
  server: string
  /** PEM texts or paths as they stand there. */
  caPath?: string
  caData?: string
  certificatePath?: string
  certificateData?: string
  keyData?: string
  token?: string
}

interface Named<T> {
  name?: string
  cluster?: T
  context?: T
  user?: T
}

interface ConfigFile {
  clusters?: Named<Record<string, string>>[]
  contexts?: Named<Record<string, string>>[]
  users?: Named<Record<string, string>>[]
  'current-context'?: string
}

export type ReadFile = (path: string) => string | undefined

/** From when to when the certificate of a file is valid, where that is known without its text. */
export type ValidityOf = (path: string) => Validity | undefined

/** Reads a kubeconfig as clientcmd with an explicit path does; a text is its error. */
export function loadKubeconfig(path: string, read: ReadFile): Kubeconfig | string {
  const text = read(path)
  if (text === undefined) return `stat ${path}: no such file or directory`
  const parsed = parse(text)
  if (typeof parsed === 'string') return `error loading config file "${path}": ${parsed}`
  const context = parsed.contexts?.find(({ name }) => name === parsed['current-context'])?.context
  const wanted = parsed['current-context'] ?? ''
  if (wanted !== '' && context === undefined) return `context was not found for specified context: ${wanted}`
  const cluster = parsed.clusters?.find(({ name }) => name === context?.['cluster'])?.cluster
  if (cluster?.['server'] === undefined)
    return 'invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable'
  const user = parsed.users?.find(({ name }) => name === context?.['user'])?.user ?? {}
  return kubeconfigOf(cluster, user)
}

function kubeconfigOf(cluster: Record<string, string>, user: Record<string, string>): Kubeconfig {
  const pick = (from: Record<string, string>, key: string, to: keyof Kubeconfig): Partial<Kubeconfig> =>
    from[key] === undefined ? {} : { [to]: from[key] }
  return {
    server: cluster['server'] ?? '',
    ...pick(cluster, 'certificate-authority', 'caPath'),
    ...pick(cluster, 'certificate-authority-data', 'caData'),
    ...pick(user, 'client-certificate', 'certificatePath'),
    ...pick(user, 'client-certificate-data', 'certificateData'),
    ...pick(user, 'client-key-data', 'keyData'),
    ...pick(user, 'token', 'token'),
  }
}

const known = new Map<string, ConfigFile | string>()
const REMEMBERED = 100

/** The same text gives the same objects. */
function parse(text: string): ConfigFile | string {
  let config = known.get(text)
  if (config === undefined) {
    if (known.size >= REMEMBERED) known.clear()
    known.set(text, (config = parseText(text)))
  }
  return config
}

function parseText(text: string): ConfigFile | string {
  try {
    const tree: unknown = parseYaml(text)
    return typeof tree === 'object' && tree !== null ? (tree as ConfigFile) : {}
  } catch (error) {
    if (error instanceof YamlError) return error.message.replace(/^error converting YAML to JSON: /, '')
    throw error
  }
}

/** Why a kubeconfig's client certificate is of no use any more; undefined: it is of use. Models isClientConfigStillValid. */
export function staleness(
  path: string,
  config: Kubeconfig | string,
  { read, validityOf, clockMs }: { read: ReadFile; validityOf?: ValidityOf; clockMs: number },
): string | undefined {
  const from = `existing bootstrap client config`
  if (typeof config === 'string') return `unable to read ${from} from ${path}: ${config}`
  const tls = `unable to load TLS configuration from ${from} read from ${path}`
  const validity = config.certificatePath === undefined ? undefined : validityOf?.(config.certificatePath)
  if (validity !== undefined && config.certificateData === undefined && clockMs <= validity.notAfterMs) return undefined
  if (config.certificatePath !== undefined && read(config.certificatePath) === undefined)
    return `${tls}: open ${config.certificatePath}: no such file or directory`
  const certificates = parseCertificates(certificateText(config, read))
  if (certificates.length === 0)
    return `unable to load TLS certificates from ${from} read from ${path}: data does not contain any valid RSA or ECDSA certificates`
  const expired = certificates.find(({ notAfterMs }) => clockMs > notAfterMs)
  return expired === undefined
    ? undefined
    : `part of the existing bootstrap client certificate in ${path} is expired: ${goTime(expired.notAfterMs)}`
}

function certificateText(config: Kubeconfig, read: ReadFile): string {
  if (config.certificateData !== undefined) return decoded(config.certificateData)
  return config.certificatePath === undefined ? '' : (read(config.certificatePath) ?? '')
}

function decoded(data: string): string {
  try {
    return atob(data)
  } catch {
    return ''
  }
}

/** `2026-11-20 01:29:33 +0000 UTC` */
export function goTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`
}

/** The kubeconfig that TLS bootstrap leaves. Models writeKubeconfigFromBootstrapping. */
export function bootstrappedKubeconfig({ server, caData, caPath }: Kubeconfig, certificatePath: string): string {
  return makeYaml({
    apiVersion: 'v1',
    clusters: [
      {
        cluster: {
          ...(caData !== undefined && { 'certificate-authority-data': caData }),
          ...(caPath !== undefined && { 'certificate-authority': caPath }),
          server,
        },
        name: 'default-cluster',
      },
    ],
    contexts: [
      { context: { cluster: 'default-cluster', namespace: 'default', user: 'default-auth' }, name: 'default-context' },
    ],
    'current-context': 'default-context',
    kind: 'Config',
    preferences: {},
    users: [{ name: 'default-auth', user: { 'client-certificate': certificatePath, 'client-key': certificatePath } }],
  })
}
