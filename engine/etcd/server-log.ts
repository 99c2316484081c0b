/** What a server writes to its log, line by line. Models the messages of server/etcdserver, embed, etcdmain and raft. */
import type { JournalFacts } from '../kernel/journal.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { minorOf, parseUrl } from './config.ts'
import type { EtcdConfig } from './config.ts'
import { requestTimeoutMs } from './flags.ts'
import { fatalLine, logLine } from './logs.ts'
import type { LogLevel } from './logs.ts'
import type { EtcdAlarm } from './messages.ts'

/** Whose log it is. */
export interface Author {
  readonly memberId: string
  readonly clusterId: string
  readonly flags: { version: string; electionTimeoutMs: number }
}

type Fields = Record<string, unknown>

export class ServerLog {
  constructor(
    private readonly kernel: Kernel,
    private readonly author: Author,
    /** Absent: nobody reads it, and nothing is made up. */
    private readonly out: () => ((text: string) => void) | undefined,
  ) {}

  say(level: LogLevel, caller: string, msg: string, fields: Fields = {}): void {
    this.out()?.(logLine(this.author.flags.version, this.kernel.clockMs, { level, caller, msg, fields }))
  }

  /** What the journal records of Raft. */
  raft(name: string, { term }: JournalFacts): void {
    const role = {
      'raft.election.started': 'candidate',
      'raft.election.won': 'leader',
      'raft.leader.lost': 'follower',
    }[name]
    if (role !== undefined) this.sayRaft(`${this.author.memberId} became ${role} at term ${String(term)}`)
  }

  leader(lead: string | null, before: string | null, term: number): void {
    const { memberId: id } = this.author
    this.sayRaft(
      lead === null
        ? `raft.node: ${id} lost leader ${before ?? '0'} at term ${term}`
        : `raft.node: ${id} elected leader ${lead} at term ${term}`,
    )
  }

  started(config: EtcdConfig, isNew: boolean): void {
    if (this.out() === undefined) return
    const { name, dataDir, advertiseClientUrls, listenClientUrls, listenPeerUrls, version } = config
    const found = isNew ? 'initialized data directory' : 'server has been already initialized'
    this.say('info', 'etcdmain/etcd.go:116', found, { 'data-dir': dataDir, 'dir-type': 'member' })
    this.say('info', 'embed/etcd.go:128', 'configuring peer listeners', { 'listen-peer-urls': listenPeerUrls })
    this.say('info', 'embed/etcd.go:136', 'configuring client listeners', { 'listen-client-urls': listenClientUrls })
    this.say('info', 'embed/etcd.go:310', 'starting an etcd server', {
      'etcd-version': version,
      name,
      'data-dir': dataDir,
      'initial-advertise-peer-urls': config.initialAdvertisePeerUrls,
      'advertise-client-urls': advertiseClientUrls,
      'initial-cluster-state': config.initialClusterState,
      'quota-backend-bytes': config.quotaBackendBytes,
    })
    this.say('info', 'etcdserver/server.go:847', 'starting etcd server', {
      'local-member-id': this.author.memberId,
      'local-server-version': version,
      'cluster-id': this.author.clusterId,
    })
  }

  ready({ name, listenClientUrls, advertiseClientUrls }: EtcdConfig): void {
    this.say('info', 'etcdserver/server.go:2103', 'published local member to cluster through raft', {
      'local-member-id': this.author.memberId,
      'local-member-attributes': `{Name:${name} ClientURLs:[${advertiseClientUrls.join(' ')}]}`,
      'cluster-id': this.author.clusterId,
      'publish-timeout': `${requestTimeoutMs(this.author.flags) / 1000}s`,
    })
    this.say('info', 'embed/serve.go:98', 'ready to serve client requests')
    for (const url of listenClientUrls) this.serving(url)
  }

  /** Two lines, or one, and the process ends. */
  failed({ version }: EtcdConfig, msg: string, error: string): void {
    if (msg === 'discovery failed') this.say('warn', 'etcdmain/etcd.go:146', 'failed to start etcd', { error })
    this.out()?.(fatalLine(version, this.kernel.clockMs, msg, error))
  }

  /** The data differ from what the others have: nothing was served yet, and all is closed again. */
  inconsistent(config: EtcdConfig, error: string): void {
    const { name, dataDir, initialAdvertisePeerUrls, advertiseClientUrls } = config
    const stacktrace = 'go.etcd.io/etcd/server/v3/embed.StartEtcd\n\tgo.etcd.io/etcd/server/v3/embed/etcd.go:260'
    this.say('error', 'embed/etcd.go:260', 'checkInitialHashKV failed', { error, stacktrace })
    const fields = {
      name,
      'data-dir': dataDir,
      'advertise-peer-urls': initialAdvertisePeerUrls,
      'advertise-client-urls': advertiseClientUrls,
    }
    this.say('info', 'embed/etcd.go:377', 'closing etcd server', fields)
    this.say('info', 'embed/etcd.go:379', 'closed etcd server', fields)
  }

  versionSet(version: string): void {
    this.say('info', 'membership/cluster.go:584', 'set initial cluster version', {
      'cluster-id': this.author.clusterId,
      'local-member-id': this.author.memberId,
      'cluster-version': version.replace(/\.0$/, ''),
    })
  }

  removed(id: string): void {
    this.say('info', 'membership/cluster.go:472', 'removed member', {
      'cluster-id': this.author.clusterId,
      'local-member-id': this.author.memberId,
      'removed-remote-peer-id': id,
    })
  }

  /** The own process was removed. */
  left(): void {
    const error = 'the member has been permanently removed from the cluster'
    this.say('warn', 'etcdserver/server.go:1151', 'server error', { error })
    this.say('warn', 'etcdserver/server.go:1152', 'data-dir used by this member must be removed')
  }

  alarm(msg: 'alarm raised' | 'alarm disarmed', { memberId, alarm }: EtcdAlarm): void {
    this.say('warn', 'etcdserver/apply.go:807', msg, { alarm, from: memberId })
  }

  unreachable(id: string, error: string): void {
    this.say('warn', 'rafthttp/probing_status.go:68', 'prober detected unhealthy status', {
      'round-tripper-name': 'ROUND_TRIPPER_RAFT_MESSAGE',
      'remote-peer-id': id,
      rtt: '0s',
      error,
    })
  }

  /** A connection was refused. Only names are sent as the server's name, not addresses. */
  rejected(endpoint: 'client' | 'peer', error: string, remoteAddress: string, serverName: string): void {
    const caller = endpoint === 'peer' ? 'embed/config_logging.go:169' : 'embed/config_logging.go:177'
    const name = /^[\d.]+$|:/.test(serverName) ? '' : serverName
    const fields = { 'remote-addr': remoteAddress, 'server-name': name, error }
    this.say('warn', caller, `rejected connection on ${endpoint} endpoint`, fields)
  }

  private serving(url: string): void {
    const { scheme, address, port } = parseUrl(url) ?? { scheme: 'http', address: url, port: 0 }
    const where = { address: `${address}:${port}` }
    if (scheme === 'https') this.say('info', 'embed/serve.go:250', 'serving client traffic securely', where)
    else
      this.say('info', 'embed/serve.go:187', 'serving client traffic insecurely; this is strongly discouraged!', where)
  }

  private sayRaft(msg: string): void {
    const isNewer = minorOf(this.author.flags.version) >= 5
    this.say('info', isNewer ? 'etcdserver/zap_raft.go:77' : 'raft/raft.go:765', msg, isNewer ? { logger: 'raft' } : {})
  }
}
