/**
 * What a component reads in its kubeconfig. Models client-go tools/clientcmd (client_config.go, loader.go)
 * and rest/transport. Not modelled: exec plugins, auth providers, proxies.
 */
import { sourceOf } from '../host/files.ts'
import type { FileNode, LazyText } from '../host/files.ts'
import { parseYaml } from '../objects/yaml.ts'

/** A PEM text: one that was made here and not read yet, or what stands in a file. */
export type Pem = LazyText | string

export interface Kubeconfig {
  /** `https://172.30.1.2:6443` */
  server: string
  ca?: Pem
  insecure: boolean
  serverName?: string
  /** The client's certificate, or the path of the file with it. */
  certificate?: Pem
  certificatePath?: string
  token?: string
}

interface KnownKubeconfig {
  server: string
  ca: LazyText
  /** The text, or the path of the file with it. */
  certificate: LazyText | string
  key?: string
}

const KNOWN = new WeakMap<LazyText, KnownKubeconfig>()

/** Notes what a kubeconfig will say, so that it can be followed before its text is made. */
export function knownKubeconfig<T extends LazyText>(text: T, facts: KnownKubeconfig): T {
  KNOWN.set(text, facts)
  return text
}

/** What a file says; `error` is clientcmd's text. */
export function readKubeconfig(
  node: FileNode,
  path: string,
  read: (path: string) => string | undefined,
): Kubeconfig | { error: string } {
  const known = KNOWN.get(sourceOf(node) ?? ({} as LazyText))
  if (known === undefined) return parseKubeconfig(node.text ?? '', path, read)
  const { server, ca, certificate } = known
  return {
    server,
    ca,
    insecure: false,
    ...(typeof certificate === 'string' ? { certificatePath: certificate } : { certificate }),
  }
}

interface Config {
  clusters?: { name: string; cluster?: Record<string, unknown> }[]
  contexts?: { name: string; context?: { cluster?: string; user?: string } }[]
  users?: { name: string; user?: Record<string, unknown> }[]
  'current-context'?: string
}

const EMPTY =
  'invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable'

export function parseKubeconfig(
  text: string,
  path: string,
  read: (path: string) => string | undefined,
  readToken = read,
): Kubeconfig | { error: string } {
  let config: Config | null
  try {
    config = parseYaml(text) as Config | null
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error converting YAML to JSON: /, '') : String(error)
    return { error: `error loading config file ${JSON.stringify(path)}: ${why}` }
  }
  if (typeof config !== 'object' || config === null) return { error: EMPTY }
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster
  if (cluster === undefined) return { error: EMPTY }
  const user = config.users?.find(({ name }) => name === context?.user)?.user ?? {}
  return connectionOf(cluster, user, read, readToken)
}

function connectionOf(
  cluster: Record<string, unknown>,
  user: Record<string, unknown>,
  read: (path: string) => string | undefined,
  readToken: (path: string) => string | undefined,
): Kubeconfig | { error: string } {
  const caPath = textOf(cluster['certificate-authority'])
  const ca = decoded(cluster['certificate-authority-data']) ?? (caPath === undefined ? undefined : read(caPath))
  if (caPath !== undefined && ca === undefined) return { error: `unable to read certificate-authority ${caPath}` }
  const certificate = decoded(user['client-certificate-data'])
  const certificatePath = textOf(user['client-certificate'])
  const tokenFile = textOf(user['tokenFile'])
  const token = textOf(user['token']) ?? (tokenFile === undefined ? undefined : readToken(tokenFile)?.trim())
  const serverName = textOf(cluster['tls-server-name'])
  return {
    server: textOf(cluster['server']) ?? '',
    insecure: cluster['insecure-skip-tls-verify'] === true,
    ...(ca !== undefined && { ca }),
    ...(serverName !== undefined && { serverName }),
    ...(certificate !== undefined && { certificate }),
    ...(certificate === undefined && certificatePath !== undefined && { certificatePath }),
    ...(token !== undefined && { token }),
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** Text of base64; what is not base64 is taken as it is, so that it fails where it is used. */
function decoded(value: unknown): string | undefined {
  const text = textOf(value)
  if (text === undefined) return undefined
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)))
  } catch {
    return text
  }
}
