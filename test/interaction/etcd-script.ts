import type { EtcdMember } from '../../engine/etcd/member.ts'
import { ETCD } from '../../engine/etcd/messages.ts'
import type { EtcdResponse } from '../../engine/etcd/messages.ts'
import type { Command } from '../../engine/etcd/apply.ts'
import { lastIndex, lastTerm } from '../../engine/etcd/raft/log.ts'
import type { ConfChange, Entry, RaftMessage } from '../../engine/etcd/raft/types.ts'
import type { Message } from '../../engine/fabric/fabric.ts'
import { put, TestCluster } from '../etcd/cluster.ts'

/** The directives of the interaction files; the README of test/interaction/etcd lists them. */
const DIRECTIVES = new Set([
  'members',
  'run',
  'trace',
  'state',
  'log',
  'put',
  'get',
  'cut',
  'cut-oneway',
  'mend',
  'isolate',
  'rejoin',
  'stop',
  'start',
])

export class RaftScript {
  private cluster = new TestCluster(1, 'none')
  private lines: string[] = []
  private isTracing = false

  /** Carries out one directive. Returns what there is to see. */
  run(line: string): string {
    const [verb = '', ...args] = line.trim().split(/\s+/)
    if (!DIRECTIVES.has(verb)) throw new Error(`no directive ${verb}`)
    this.lines = []
    this.carryOut(verb, args)
    return this.lines.join('\n')
  }

  private carryOut(verb: string, args: string[]): void {
    const [a = '', b = ''] = args
    const { fabric } = this.cluster
    if (verb === 'members') this.begin(Number(a), args.slice(1))
    else if (verb === 'run') this.runFor(a)
    else if (verb === 'trace') this.isTracing = a === 'on'
    else if (verb === 'state') for (const member of this.cluster.all()) this.lines.push(this.stateOf(member))
    else if (verb === 'log')
      for (const member of this.cluster.all())
        this.lines.push(`${member.name}: ${makeEntries(member.raft.view.log.entries)}`)
    else if (verb === 'put') this.cluster.send(a, put(b, args[2] ?? ''))
    else if (verb === 'get') this.cluster.send(a, { kind: 'range', key: b, serializable: args[2] === 'serializable' })
    else if (verb === 'cut') this.listed(b, (name) => fabric.cut(a, name))
    else if (verb === 'cut-oneway') fabric.addRule({ name: `cut ${a} ${b}`, from: a, to: b, verdict: { kind: 'drop' } })
    else if (verb === 'mend') this.listed(b, (name) => fabric.mend(a, name))
    else if (verb === 'isolate') fabric.isolate(a)
    else if (verb === 'rejoin') fabric.rejoin(a)
    else if (verb === 'stop') this.cluster.member(a).stop()
    else if (verb === 'start') this.cluster.member(a).start()
  }

  private listed(names: string, act: (name: string) => void): void {
    for (const name of names.split(',')) act(name)
  }

  private begin(size: number, options: string[]): void {
    const option = (name: string): string | undefined =>
      options.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1)
    this.cluster = new TestCluster(size, option('seed') ?? '1', { preVote: option('pre-vote') !== 'false' })
    const { kernel, fabric, client } = this.cluster
    kernel.journal.listen('raft', ({ name, facts }) => this.say(`${facts.member} ${name} ${makeFacts(facts)}`))
    client.onAnswer = (tag, { response }) => this.say(`client ${tag}: ${makeAnswer(response)}`)
    const send = fabric.send.bind(fabric)
    fabric.send = (message) => {
      this.traceMessage(message)
      send(message)
    }
  }

  private say(text: string): void {
    this.lines.push(`${String(this.cluster.kernel.now).padStart(5)} ${text}`)
  }

  /** Heartbeats are left out, unless they carry a read. */
  private traceMessage({ from, to, event }: Message): void {
    if (!this.isTracing || event.type !== ETCD.raft) return
    const message = event.data as RaftMessage
    if (message.type === 'hello' || (message.type.startsWith('heartbeat') && !('context' in message))) return
    this.say(`${from}->${to}${this.cluster.fabric.passes(from, to, 2380) ? '' : ' (lost)'} ${makeMessage(message)}`)
  }

  /** A duration, or `leader`: until all running members know one. */
  private runFor(text: string): void {
    if (text === 'leader') return void this.cluster.elect()
    const match = /^(\d+)(ms|s)$/.exec(text)
    if (match === null) throw new Error(`no duration ${text}`)
    this.cluster.run(Number(match[1]) * (match[2] === 's' ? 1000 : 1))
  }

  private stateOf(member: EtcdMember): string {
    const { view, role } = member.raft
    if (!member.running)
      return `${member.name}: stopped term=${view.term} log=${lastIndex(view.log)}/${lastTerm(view.log)} commit=${view.commit}`
    const last = `${lastIndex(view.log)}/${lastTerm(view.log)}`
    return `${member.name}: ${role} term=${view.term} lead=${member.leader ?? 'none'} log=${last} commit=${view.commit}${makeProgress(member, this.cluster)}`
  }
}

function makeProgress(leader: EtcdMember, cluster: TestCluster): string {
  if (leader.raft.role !== 'leader') return ''
  const rows = cluster
    .all()
    .filter((member) => member !== leader)
    .map((member) => {
      const progress = leader.raft.view.progress[member.memberId]
      return progress && `${member.name} ${progress.state} match=${progress.match} next=${progress.next}`
    })
  return rows.length === 0 ? '' : ` [${rows.join(', ')}]`
}

function makeMessage(message: RaftMessage): string {
  const { from: _, ...facts } = message
  const texts = Object.entries(facts).flatMap(([name, value]) => {
    if (name === 'type' || name === 'safe') return []
    if (name === 'context') return ['read']
    if (name === 'entries') return [`entries=[${makeEntries(value as unknown as Entry[])}]`]
    if (name === 'commands') return [`[${(value as unknown as Command[]).map(makeCommand).join(', ')}]`]
    if (name === 'reject') return [`rejected ${makeFacts(value as unknown as Record<string, number>)}`]
    return [`${name}=${String(value)}`]
  })
  return [message.type, ...texts].join(' ')
}

function makeEntries(entries: readonly Entry[]): string {
  return entries
    .map(({ index, term, command, conf }) => `${index}/${term} ${makeChange(conf) ?? makeCommand(command as Command)}`)
    .join(', ')
}

function makeChange(conf: ConfChange | undefined): string | undefined {
  return conf?.type
}

function makeCommand(command: Command | null): string {
  if (command === null) return '""'
  const { write } = command
  if (write.kind !== 'txn') return write.kind
  return write.success.map((op) => (op.op === 'put' ? `${op.key}=${String(op.value)}` : op.op)).join(' ')
}

function makeFacts(facts: object): string {
  return Object.entries(facts)
    .filter(([name]) => name !== 'member')
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ')
}

function makeAnswer({ header, result }: EtcdResponse): string {
  if (result.kind === 'error') return result.message
  if (result.kind === 'range')
    return `${result.kvs.map((kv) => `${kv.key}=${String(kv.value)}`).join(' ') || 'nothing'} (revision ${header.revision})`
  return `${result.kind} (revision ${header.revision})`
}
