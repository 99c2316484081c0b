/**
 * How a component reaches the API server: where its kubeconfig says, through the network, over TLS that both
 * sides judge by their files. Models client-go rest and transport with crypto/tls; what fails is said in Go's
 * words. Not modelled: a connection that outlives a change of certificates.
 */
import type { Place, Reached } from '../api/client/create.ts'
import type { HostName } from '../fabric/fabric.ts'
import type { HttpRequest } from '../fabric/http.ts'
import { sourceOf } from '../host/files.ts'
import type { FileNode, LazyText } from '../host/files.ts'
import type { Host } from '../host/host.ts'
import type { Door } from '../network/cluster-network.ts'
import { clientCertificate, handshake, issuedAs } from './identity.ts'
import type { Issued, TlsFiles } from './identity.ts'
import { readKubeconfig } from './kubeconfig.ts'
import type { Kubeconfig, Pem } from './kubeconfig.ts'
import type { OpenedFile } from './opened-files.ts'

type Certificate = NonNullable<HttpRequest['certificate']>

export interface ConnectionWorld {
  host(name: HostName): Host | undefined
  /** What a client on a host finds at an address. */
  door(from: HostName, name: string, port: number): Door
  /** Whether a connection from a host to a place still stands. */
  isHeld(from: HostName, place: Place): boolean
  /** The certificate that a host's port shows, and the authority that it asks of clients. */
  tlsFiles(host: HostName, port: number): TlsFiles | undefined
  /** By the clock of a host. */
  nowMs(host: HostName): number
  /** The minor release of the client: Go's words changed. */
  minor(host: HostName): number
}

/** Attempts of one process to reach its API server. */
/** `reach(held)`: a connection that is held stays as long as both ends and what lies between stand. */
export function makeReach(
  world: ConnectionWorld,
  from: HostName,
  opened: () => OpenedFile | undefined,
): (held: Place | undefined) => Reached {
  return (held) => {
    const file = opened()
    if (file === undefined) return { kind: 'silent' }
    const config = configOf(world, from, file)
    if ('error' in config) return { kind: 'refused', failure: config.error }
    if (held !== undefined && world.isHeld(from, held)) return letIn(world, from, config, held)
    return reach(world, from, config)
  }
}

const CONFIGS = new WeakMap<FileNode, Kubeconfig | { error: string }>()

function configOf(world: ConnectionWorld, from: HostName, { path, node }: OpenedFile): Kubeconfig | { error: string } {
  let config = CONFIGS.get(node)
  if (config === undefined) {
    config = readKubeconfig(node, path, (file) => world.host(from)?.files.text(file))
    CONFIGS.set(node, config)
  }
  return config
}

function reach(world: ConnectionWorld, from: HostName, config: Kubeconfig): Reached {
  const url = /^(https?):\/\/(\[[^\]]+\]|[^/:]+)(?::(\d+))?/.exec(config.server)
  if (url === null) return { kind: 'refused', failure: 'dial tcp: missing address' }
  const isSecure = url[1] === 'https'
  const [name, port] = [url[2] as string, Number(url[3] ?? (isSecure ? 443 : 80))]
  const door = world.door(from, name, port)
  if (door.kind === 'silent') return { kind: 'silent' }
  if (door.kind === 'refused') return { kind: 'refused', failure: door.failure }
  const { kind: _, ...place } = door
  if (!isSecure)
    return { kind: 'refused', failure: 'net/http: HTTP/1.x transport connection broken: malformed HTTP response' }
  const problem = config.insecure
    ? undefined
    : serverProblem(world, { from, name: config.serverName ?? name, place, config })
  if (problem !== undefined) return { kind: 'refused', failure: problem }
  return letIn(world, from, config, place)
}

/** What a client shows on its connection, and who the server takes it for. */
function letIn(world: ConnectionWorld, from: HostName, config: Kubeconfig, place: Place): Reached {
  const client = config.certificate ?? fileOf(world, from, config.certificatePath)
  const server = world.tlsFiles(place.host, place.port)
  if (config.token !== undefined) return { kind: 'open', ...place, token: config.token }
  if (client === undefined || server?.clientCa === undefined) return { kind: 'open', ...place }
  return { kind: 'open', ...place, certificate: identityOf(world, place, client, server) }
}

function fileOf(world: ConnectionWorld, host: HostName, path: string | undefined): Pem | undefined {
  if (path === undefined) return undefined
  const node = world.host(host)?.files.node(path)
  return node === undefined ? undefined : (sourceOf(node) ?? node.text)
}

export interface ServerQuestion {
  from: HostName
  name: string
  place: { host: HostName; port: number }
  config: Kubeconfig
}

/** Why the client does not trust the server. */
export function serverProblem(
  world: ConnectionWorld,
  { from, name, place, config }: ServerQuestion,
): string | undefined {
  const files = world.tlsFiles(place.host, place.port)
  const host = world.host(place.host)
  const shown = issuedAs(sourceOf(host?.files.node(files?.certificate ?? '')))
  if (
    shown !== undefined &&
    isText(config.ca, shown.authority) &&
    isValid(world.nowMs(from), shown) &&
    isNamed(shown, name)
  )
    return undefined
  const tls = config.ca === undefined ? undefined : { ca: textOf(config.ca) }
  const shaken = handshake(
    { host, port: place.port, name, nowMs: world.nowMs(from), minor: world.minor(from), ...(files && { files }) },
    tls,
  )
  return 'failure' in shaken ? shaken.message : undefined
}

/** Whether a text is the one that was made here. */
const isText = (pem: Pem | undefined, made: LazyText): boolean =>
  pem === made || (typeof pem === 'string' && pem === made.text())

const textOf = (pem: Pem): string => (typeof pem === 'string' ? pem : pem.text())

const isValid = (nowMs: number, { notBeforeMs, notAfterMs }: Issued): boolean =>
  nowMs >= notBeforeMs && nowMs <= notAfterMs

const isNamed = ({ subject: { altNames } }: Issued, name: string): boolean =>
  altNames?.dns?.includes(name) === true || altNames?.ips?.includes(name) === true

const IDENTITIES = new WeakMap<LazyText, Certificate>()

/** Who the server takes the client for. */
function identityOf(
  world: ConnectionWorld,
  { host: name, port }: { host: HostName; port: number },
  client: Pem,
  files: TlsFiles,
): Certificate {
  const host = world.host(name)
  const issued = typeof client === 'string' ? undefined : issuedAs(client)
  const authority = sourceOf(host?.files.node(files.clientCa ?? ''))
  if (issued !== undefined && authority === issued.authority && isValid(world.nowMs(name), issued)) {
    let known = IDENTITIES.get(client as LazyText)
    if (known === undefined) {
      const { commonName, organizations = [] } = issued.subject
      IDENTITIES.set(client as LazyText, (known = { commonName, organizations }))
    }
    return known
  }
  return withoutDigest(clientCertificate({ host, port, nowMs: world.nowMs(name), files }, textOf(client)))
}

const DIGESTLESS = new WeakMap<Certificate, Certificate>()

/** Requests of components carry no digest of their certificate. */
function withoutDigest(certificate: HttpRequest['certificate']): Certificate {
  if (certificate === undefined) return NOBODY
  let known = DIGESTLESS.get(certificate)
  if (known === undefined) {
    const { sha256: _, ...rest } = certificate
    DIGESTLESS.set(certificate, (known = rest))
  }
  return known
}

const NOBODY: Certificate = { commonName: '', organizations: [], problem: 'x509: malformed certificate' }
