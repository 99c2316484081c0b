/**
 * clientv3: which endpoint is asked, how long, how often. Models client/v3 (client.go, retry_interceptor.go,
 * credentials) (H3, L). Not modelled: keep-alives of the connection, discovery by SRV records.
 */
import { AUTH_ERRORS } from '../../etcd/errors.ts'
import type { EtcdCall, EtcdHeader, EtcdResult, EtcdWatchData } from '../../etcd/messages.ts'
import type { Proc, Run } from '../../host/process.ts'
import { minorOf } from './cobra.ts'
import { EXIT, Failed } from './exit.ts'
import { codeOf, isOfUsers, isRepeatable, methodOf } from './grpc.ts'
import { jsonLine } from './log.ts'

export interface ClientTls {
  ca?: string
  cert?: string
  key?: string
  insecure?: boolean
}

export interface User {
  name: string
  password: string
}

export interface ClientConfig {
  version: string
  endpoints: string[]
  /** Absent: no flag asks for TLS. */
  tls?: ClientTls
  commandTimeoutMs: number
  user?: User
}

export interface CallOptions {
  endpoints?: string[]
  /** Default: the command's timeout. Infinity: as long as it takes. */
  timeoutMs?: number
  /** zap's name of the client; `endpoint health` makes its own. */
  logger?: string
  /** Nobody tells of a stream's failure but who reads it. */
  isStream?: boolean
}

/** `error` is the text that a command shows. */
export type Answer = { header: EtcdHeader; result: EtcdResult } | { error: string }

type Asked =
  { header: EtcdHeader; result: EtcdResult } | { failure: 'connection' | 'timeout' | 'closed'; message: string }

const DEADLINE = 'context deadline exceeded'
/** From the start of the program to its first call (L). */
const CONNECT_MS = 16
/** How long a server looks at a password. */
const BCRYPT_MS = 75
/** clientv3: defaultUnaryMaxRetries, defaultBackoffWaitBetween and the way there and back (L) */
const MAX_RETRIES = 100
const RETRY_WAIT_MS = 27
const NO_HEADER: EtcdHeader = { clusterId: '0', memberId: '0', revision: 0, raftTerm: 0 }
/** grpc: backoff.DefaultConfig */
const BACKOFF = { baseMs: 1000, factor: 1.6, maxMs: 120_000 }

export class EtcdClient {
  private isConnected = false
  /** What the password was taken for. */
  private token: string | undefined

  constructor(
    private readonly p: Proc,
    readonly config: ClientConfig,
  ) {}

  /** A password for a token. Where there are no users yet, clientv3 warns and goes on. */
  *authenticate(): Run<void> {
    const { user } = this.config
    if (user === undefined) return
    this.token = undefined
    const answer = yield* this.call({ kind: 'authenticate', ...user })
    if ('error' in answer && answer.error !== AUTH_ERRORS.notEnabled) throw new Failed(EXIT.badConnection, answer.error)
    yield* this.p.sleep(BCRYPT_MS)
    if ('result' in answer && answer.result.kind === 'token') this.token = answer.result.token
  }

  /** Sends a call and waits; connection trouble and unavailable members are waited out as clientv3 does. */
  *call(call: EtcdCall, options: CallOptions = {}): Run<Answer> {
    const { endpoints = this.config.endpoints, timeoutMs = this.config.commandTimeoutMs } = options
    this.checkEndpoints(endpoints)
    yield* this.connect()
    const until = (yield* this.p.now()) + timeoutMs
    for (let attempt = 0; ; attempt++) {
      if (attempt > 0 && attempt % (Math.floor(endpoints.length / 2) + 1) === 0) yield* this.p.sleep(RETRY_WAIT_MS)
      const asked = yield* this.reach(call, endpoints, until)
      if ('result' in asked && asked.result.kind !== 'error') return asked
      const status = this.statusOf(this.byWhom(call, asked, attempt, options))
      if (options.isStream !== true || !isOfUsers(status.shown))
        yield* this.warn(call, endpoints, attempt, status, options)
      const isOver = (yield* this.p.now()) >= until
      if (!isOver && attempt < MAX_RETRIES - 1 && (yield* this.refreshes(call, status.shown))) continue
      if (!isOver && attempt < MAX_RETRIES - 1 && isRetried(call, status.code)) continue
      return { error: status.shown }
    }
  }

  /** Whether another try with a new token may help. Models shouldRefreshToken. */
  private *refreshes(call: EtcdCall, error: string): Run<boolean> {
    const isStale =
      error === AUTH_ERRORS.oldRevision ||
      (this.token !== undefined && (error === AUTH_ERRORS.invalidToken || error === AUTH_ERRORS.userEmpty))
    if (!isStale || call.kind === 'authenticate') return false
    yield* this.authenticate()
    return true
  }

  /** A call whose error ends the command. */
  *must(call: EtcdCall, options: CallOptions = {}): Run<{ header: EtcdHeader; result: EtcdResult }> {
    const answer = yield* this.call(call, options)
    if ('error' in answer) throw new Failed(EXIT.error, answer.error)
    return answer
  }

  /** One try at one endpoint, without waiting for a connection; undefined: no answer by then, and no word. */
  *glance(
    call: EtcdCall,
    endpoint: string,
    timeoutMs: number,
  ): Run<{ result?: EtcdResult; error?: string } | undefined> {
    yield* this.connect()
    const asked = yield* this.ask<Asked>('etcd.call', endpoint, { request: call, timeoutMs })
    if ('failure' in asked) return undefined
    if (asked.result.kind !== 'error') return { result: asked.result }
    const status = this.statusOf(asked)
    if (status.code === 'Unavailable' || status.code === 'DeadlineExceeded') return undefined
    yield* this.warn(call, [endpoint], 0, status, { logger: 'client' })
    return { error: status.shown }
  }

  /** Opens a watch, waiting for a member for ever. */
  *watch(call: EtcdCall): Run<string> {
    this.checkEndpoints(this.config.endpoints)
    yield* this.connect()
    for (let tries = 0; ; tries++) {
      for (const endpoint of this.config.endpoints) {
        const opened = yield* this.ask<{ stream: string } | { failure: string }>('etcd.watch', endpoint, {
          request: call,
        })
        if ('stream' in opened) return opened.stream
      }
      yield* this.p.sleep(backoffMs(tries))
    }
  }

  /** What comes next out of a watch. */
  *next(stream: string): Run<EtcdWatchData | undefined> {
    const got = (yield* this.p.ask('etcd.next', { stream })) as { data: EtcdWatchData } | { closed: true }
    return 'data' in got ? got.data : undefined
  }

  /** A program is not at its first call at once. */
  *connect(): Run<void> {
    if (this.isConnected) return
    this.isConnected = true
    yield* this.p.sleep(CONNECT_MS)
  }

  private checkEndpoints(endpoints: string[]): void {
    if (endpoints.length === 0) throw new Failed(EXIT.badConnection, 'etcdclient: no available endpoints')
  }

  /** The first endpoint that takes the call; while there is none, all are tried again until the deadline. */
  private *reach(call: EtcdCall, endpoints: string[], until: number): Run<Asked> {
    for (let tries = 0; ; tries++) {
      let last: Asked | undefined
      for (const endpoint of endpoints) {
        const leftMs = until - (yield* this.p.now())
        const asked = yield* this.ask<Asked>('etcd.call', endpoint, {
          request: call,
          ...(leftMs < Infinity && { timeoutMs: Math.max(0, leftMs) }),
        })
        if (!('failure' in asked) || asked.failure !== 'connection') return asked
        last = asked
      }
      const leftMs = until - (yield* this.p.now())
      if (leftMs <= 0) return last as Asked
      yield* this.p.sleep(Math.min(leftMs, backoffMs(tries)))
    }
  }

  private *ask<T>(name: string, endpoint: string, args: Record<string, unknown>): Run<T> {
    const { url, problem } = this.urlOf(endpoint)
    if (problem !== undefined) return { failure: 'connection', message: problem } as T
    const { token } = this
    const tls = this.config.tls ?? {}
    return (yield* this.p.ask(name, { url, tls, ...(token !== undefined && { token }), ...args })) as T
  }

  /** An endpoint without a scheme speaks TLS when a flag asks for it. */
  private urlOf(endpoint: string): { url: string; problem?: string } {
    const [, scheme, address = ''] = /^(?:(https?):\/\/)?([^/]*)/.exec(endpoint) ?? []
    const secure = scheme === 'https' || (scheme === undefined && this.config.tls !== undefined)
    const url = `${secure ? 'https' : 'http'}://${address}`
    if (/:\d+$/.test(address)) return { url }
    const wrong = `transport: Error while dialing: dial tcp: address ${address}: missing port in address`
    return { url, problem: `connection error: desc = ${JSON.stringify(wrong)}` }
  }

  /** A member of 3.4 hears of the deadline with the client; of a read that waits for a quorum it says so first (L). */
  private byWhom(call: EtcdCall, asked: Asked, attempt: number, { logger }: CallOptions): Asked {
    const isRace = 'failure' in asked && asked.failure === 'timeout' && attempt === 0 && logger === undefined
    if (!isRace || minorOf(this.config.version) > 4 || call.kind !== 'range' || call.serializable === true) return asked
    return { header: NO_HEADER, result: { kind: 'error', message: DEADLINE } }
  }

  /** The gRPC status, as it is logged (`code`, `description`) and as the command shows it. */
  private statusOf(asked: Asked): { code: string; description: string; shown: string } {
    const isOld = minorOf(this.config.version) <= 4
    if ('failure' in asked) {
      const description =
        asked.failure === 'connection' ? `latest balancer error: ${this.connectionText(asked.message)}` : DEADLINE
      return { code: 'DeadlineExceeded', description, shown: DEADLINE }
    }
    const message = asked.result.kind === 'error' ? asked.result.message : ''
    if (message.endsWith(DEADLINE))
      return isOld
        ? { code: 'Unknown', description: DEADLINE, shown: `rpc error: code = Unknown desc = ${DEADLINE}` }
        : { code: 'DeadlineExceeded', description: DEADLINE, shown: DEADLINE }
    const code = codeOf(message)
    return {
      code,
      description: message,
      shown: code === 'Unknown' ? `rpc error: code = Unknown desc = ${message}` : message,
    }
  }

  private connectionText(message: string): string {
    if (minorOf(this.config.version) > 4) return message
    return message
      .replace('Error while dialing: ', 'Error while dialing ')
      .replace('tls: failed to verify certificate: ', '')
  }

  private *warn(
    call: EtcdCall,
    endpoints: string[],
    attempt: number,
    status: { code: string; description: string },
    { logger = 'etcd-client' }: CallOptions,
  ): Run<void> {
    const { version } = this.config
    const minor = minorOf(version)
    const bare = (endpoints[0] ?? '').replace(/^https?:\/\//, '')
    const old =
      call.kind === 'status' || call.kind === 'hashKv' || call.kind === 'defragment' || call.kind === 'moveLeader'
    const target =
      minor > 4
        ? `etcd-endpoints://${pointerOf(this.p.pid)}/${bare}`
        : old
          ? `passthrough:///${endpoints[0] ?? ''}`
          : `endpoint://client-${uuidOf(this.p.pid)}/${bare}`
    const description =
      minor <= 4 && !old && status.description.startsWith('latest balancer')
        ? 'latest balancer error: all SubConns are in TransientFailure'
        : status.description
    yield* jsonLine(this.p, version, 'warn', {
      ...(minor > 4 && { logger }),
      caller: callerOf(version),
      msg: 'retrying of unary invoker failed',
      target,
      ...(minor > 5 && { method: methodOf(call) }),
      attempt,
      error: `rpc error: code = ${status.code} desc = ${description}`,
    })
  }
}

function isRetried(call: EtcdCall, code: string): boolean {
  return code === 'DeadlineExceeded' || (code === 'Unavailable' && isRepeatable(call))
}

function backoffMs(tries: number): number {
  return Math.min(BACKOFF.maxMs, Math.round(BACKOFF.baseMs * BACKOFF.factor ** tries))
}

function callerOf(version: string): string {
  const minor = minorOf(version)
  if (minor <= 4) return 'clientv3/retry_interceptor.go:62'
  return `v3@v${version}/retry_interceptor.go:${minor === 5 ? 63 : 65}`
}

/** An address in memory, the same each time. */
function pointerOf(pid: number): string {
  return `0xc0${(0x2000_0000 + pid * 0x1e0).toString(16).slice(-8)}`
}

function uuidOf(pid: number): string {
  const hex = Math.imul(pid, 0x9e3779b1) >>> 0
  const tail = (Math.imul(hex, 0x85ebca6b) >>> 0).toString(16).padStart(8, '0')
  const head = hex.toString(16).padStart(8, '0')
  return `${head}-${tail.slice(0, 4)}-4${tail.slice(4, 7)}-8${head.slice(1, 4)}-${tail}${head.slice(0, 4)}`
}
