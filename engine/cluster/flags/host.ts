/** What a component sees of its host while it reads its flags, and how it fails. */
export { commandFailed, klogLine, klogValue } from '../../objects/klog.ts'
import { isAddress } from '../../pki/index.ts'

/** The host as a starting process sees it. Paths are those inside of the process's own file tree. */
export interface FlagHost {
  /** A file's text; undefined: there is none. */
  read(path: string): string | undefined
  kindOf(path: string): 'file' | 'directory' | undefined
  /** Addresses of the host, without loopback. */
  addresses: readonly string[]
  /** Whether another process listens. */
  portTaken(port: number): boolean
  /** Milliseconds since 1970, by the host's clock. */
  nowMs: number
  /** The host's name; a kube-proxy without --hostname-override is called so. */
  name?: string
  /**
   * Whether these files stand as the simulation made them and, when a certificate and a key, belong together:
   * then their texts, which may not have been made yet, are not read.
   */
  sound?(paths: readonly string[]): boolean
}

/** A process that ends instead of running. */
export interface Refusal {
  /** All that it wrote to stderr. */
  refused: string
  code: number
  /** How long it ran. */
  afterMs: number
}

/** Go's error of os.ReadFile; undefined: it can be read. */
export function openProblem(host: FlagHost, path: string): string | undefined {
  const kind = host.kindOf(path)
  if (kind === 'file') return undefined
  return kind === 'directory' ? `read ${path}: is a directory` : `open ${path}: no such file or directory`
}

/** Go's error of listening on a TCP address; undefined: it can be had. */
export function listenProblem(host: FlagHost, address: string, port: number): string | undefined {
  const shown = `${address.includes(':') ? `[${address}]` : address}:${port}`
  if (!isOwn(host, address)) return `listen tcp ${shown}: bind: cannot assign requested address`
  return port !== 0 && host.portTaken(port) ? `listen tcp ${shown}: bind: address already in use` : undefined
}

const EVERY = ['', '0.0.0.0', '::', 'localhost', '::1']

function isOwn({ addresses }: FlagHost, address: string): boolean {
  return EVERY.includes(address) || address.startsWith('127.') || addresses.includes(address) || !isAddress(address)
}

/** Several errors as apimachinery's aggregate prints them: each text once. */
export function aggregate(errors: readonly string[]): string {
  const once = [...new Set(errors)]
  return once.length === 1 ? (once[0] as string) : `[${once.join(', ')}]`
}
