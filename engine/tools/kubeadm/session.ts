/** What every command needs of its host and of the cluster: facts, logs, files, an API client. */
import type { HostFactsAnswer } from '../../host/syscalls/host.ts'
import type { Errno, Proc, Run } from '../../host/process.ts'
import { parseYaml, YamlError } from '../../objects/yaml.ts'
import { Client } from '../kubectl/client.ts'
import type { Connection } from '../kubectl/config/connection.ts'
import { klogHeader } from '../kubectl/klog.ts'
import { decode } from './artifacts/kubeconfigs.ts'
import { DOCKERSHIM_SOCKET, LAST_DOCKERSHIM } from '../../versions/index.ts'
import type { Fields } from './config/types.ts'
import { KubeadmError } from './errors.ts'

/** The host, and up to 1.23 the socket of Docker when it is there, which comes before all others (DetectCRISocket). */
export function* factsOf(p: Proc): Run<HostFactsAnswer & { criSocket?: string }> {
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  const knows = Number(p.release.split('.')[1]) <= LAST_DOCKERSHIM
  return knows && (yield* exists(p, '/usr/bin/dockerd')) ? { ...facts, criSocket: DOCKERSHIM_SOCKET } : facts
}

/** A warning in klog's form. */
export function* warn(p: Proc, place: string, text: string): Run<void> {
  yield* p.err(`${yield* klogHeader(p, 'W', place)} ${text}\n`)
}

export function* say(p: Proc, text: string): Run<void> {
  yield* p.out(`${text}\n`)
}

const ERRNO: Partial<Record<Errno['error'], string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  ENOSPC: 'no space left on device',
  EROFS: 'read-only file system',
}

export const errnoText = (error: Errno['error']): string => ERRNO[error] ?? error

/** The text of a file, or undefined when it is not there. */
export function* readText(p: Proc, path: string): Run<string | undefined> {
  const file = yield* p.readFile(path)
  return 'text' in file ? file.text : undefined
}

export function* exists(p: Proc, path: string): Run<boolean> {
  return !('error' in (yield* p.stat(path)))
}

const folderOf = (path: string): string => path.replace(/\/[^/]*$/, '') || '/'

/** Writes a file, its folder too. Throws with Go's text. */
export function* write(p: Proc, path: string, text: string, mode: number, folderMode = 0o755): Run<void> {
  const folder = folderOf(path)
  if (!(yield* exists(p, folder))) yield* p.mkdir(folder, { parents: true, mode: folderMode })
  const done = yield* p.writeFile(path, text, { mode })
  if ('error' in done) throw new KubeadmError(`open ${path}: ${errnoText(done.error)}`)
  yield* p.chmod(path, mode)
}

/** A client by the text of a kubeconfig. Throws with clientcmd's text. */
export function* clientFrom(p: Proc, text: string, path: string): Run<Client> {
  return new Client(p, yield* connectionFrom(p, text, path))
}

/** A client by a kubeconfig file. */
export function* clientOf(p: Proc, path: string): Run<Client> {
  const file = yield* p.readFile(path)
  if ('error' in file) throw new KubeadmError(`failed to load admin kubeconfig: open ${path}: ${errnoText(file.error)}`)
  return yield* clientFrom(p, file.text, path)
}

/** What a kubeconfig says of its current context. */
export interface KubeconfigView {
  cluster: Fields
  user: Fields
  clusterName: string
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function named(list: unknown, name: unknown, inner: string): Fields {
  const found = Array.isArray(list) ? list.find((one) => isFields(one) && one['name'] === name) : undefined
  const value: unknown = isFields(found) ? found[inner] : undefined
  return isFields(value) ? value : {}
}

export function parseKubeconfig(text: string, path: string): KubeconfigView {
  let config: unknown
  try {
    config = parseYaml(text)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw new KubeadmError(`error loading config file "${path}": ${error.message}`)
  }
  if (!isFields(config)) return { cluster: {}, user: {}, clusterName: '' }
  const context = named(config['contexts'], config['current-context'], 'context')
  return {
    cluster: named(config['clusters'], context['cluster'], 'cluster'),
    user: named(config['users'], context['user'], 'user'),
    clusterName: String(context['cluster'] ?? ''),
  }
}

const API_TIMEOUT_MS = 10_000

export function* connectionFrom(p: Proc, text: string, path: string): Run<Connection> {
  const { cluster, user } = parseKubeconfig(text, path)
  const ca = yield* pemOf(p, cluster, 'certificate-authority')
  const cert = yield* pemOf(p, user, 'client-certificate')
  const key = yield* pemOf(p, user, 'client-key')
  const token = typeof user['token'] === 'string' ? user['token'] : undefined
  return {
    server: typeof cluster['server'] === 'string' ? cluster['server'].replace(/\/+$/, '') : 'http://localhost:8080',
    tls: {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(cluster['insecure-skip-tls-verify'] === true && { insecure: true }),
    },
    headers: {
      'user-agent': `kubeadm/v${p.release} (linux/amd64) kubernetes`,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    timeoutMs: API_TIMEOUT_MS,
  }
}

function* pemOf(p: Proc, fields: Fields, key: string): Run<string | undefined> {
  const data = fields[`${key}-data`]
  if (typeof data === 'string' && data !== '') return decode(data)
  const path = fields[key]
  if (typeof path !== 'string' || path === '') return undefined
  const text = yield* readText(p, path)
  if (text === undefined)
    throw new KubeadmError(
      `unable to read ${key} ${path} for default-auth due to open ${path}: no such file or directory`,
    )
  return text
}

/** `n` bytes from the host's randomness. */
export function* randomBytes(p: Proc, n: number): Run<Uint8Array> {
  const bytes = new Uint8Array(n)
  for (let i = 0; i < n; i++) bytes[i] = Math.floor((yield* p.random()) * 256)
  return bytes
}

/** Letters and digits of a bootstrap token. */
export function* randomText(p: Proc, length: number): Run<string> {
  const letters = '0123456789abcdefghijklmnopqrstuvwxyz'
  let text = ''
  for (let i = 0; i < length; i++) text += letters[Math.floor((yield* p.random()) * letters.length)]
  return text
}
