/** Users, roles and permissions: what etcdctl 3.4.23 and a member of 3.4.23 said, command by command, and what 3.5 and 3.6 do otherwise. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EtcdMember } from '../../engine/etcd/member.ts'
import { ETCD } from '../../engine/etcd/messages.ts'
import type { EtcdCall, EtcdResponse, EtcdWatchData } from '../../engine/etcd/messages.ts'
import { Fabric } from '../../engine/fabric/fabric.ts'
import { makeBinary } from '../../engine/host/binary.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import type { KernelEvent } from '../../engine/kernel/queue.ts'
import { etcdctl } from '../../engine/tools/etcdctl/etcdctl.ts'
import { runProgram } from '../harness/proc.ts'
import type { Result } from '../harness/proc.ts'

interface Step {
  argv: string[]
  stdin?: string
  env?: Record<string, string>
  /** The common name of the client's certificate. */
  as?: string
  out?: string
  err?: string
  code?: number
}

type Asked = { token?: string; request: EtcdCall; stream?: string }

/** A member alone, and etcdctl at its door. */
class Bench {
  private readonly kernel = new Kernel({ seed: 'auth', epochMs: Date.UTC(2026, 0, 1) })
  private readonly fabric = new Fabric(this.kernel)
  readonly member: EtcdMember
  private answers: EtcdResponse[] = []
  private watched: EtcdWatchData[] = []

  constructor(private readonly version: string) {
    for (const host of ['cp', 'outside']) this.fabric.addHost(host)
    const peers = [{ name: 'default', host: 'cp' }]
    this.member = new EtcdMember(this.kernel, this.fabric, { name: 'default', host: 'cp', peers, flags: { version } })
    this.kernel.register('caller', { handle: (event) => this.heard(event), dump: () => null, load: () => {} })
    this.pass(3000)
  }

  run(step: Step | string): Result {
    const { argv, stdin = '', env = {}, as } = typeof step === 'string' ? parsed(step) : step
    const ask = (name: string, args: Record<string, unknown>): unknown => this.ask(name, args as unknown as Asked, as)
    const files = { '/usr/bin/etcdctl': makeBinary('etcdctl', this.version) }
    return runProgram(etcdctl, ['etcdctl', ...argv], { stdin, files, ask, env: { ETCDCTL_API: '3', ...env } })
  }

  /** Starts the process anew on its disk. */
  restart(): void {
    this.member.stop()
    this.member.start()
    this.pass(3000)
  }

  pass(ms: number): void {
    this.kernel.runUntil(this.kernel.now + ms)
  }

  private ask(name: string, { token, request }: Asked, commonName: string | undefined): unknown {
    if (name === 'etcd.next') return this.watched.length > 0 ? { data: this.watched.shift() } : { closed: true }
    const as = { ...(token !== undefined && { token }), ...(commonName !== undefined && { commonName }) }
    const replyTo = { host: 'outside', address: 'caller', tag: 'x' }
    const call = name === 'etcd.watch' ? { ...request, watchId: 'w' } : request
    const event = { to: this.member.address, type: ETCD.request, data: { from: 'outside', call, replyTo, as } }
    this.fabric.send({ from: 'outside', to: 'cp', port: 2379, event })
    this.pass(50)
    if (name === 'etcd.watch') return { stream: 'w' }
    return this.answers.splice(0)[0]
  }

  private heard({ type, data }: KernelEvent): void {
    if (type === ETCD.watch) this.watched.push(data as EtcdWatchData)
    else this.answers.push(data as EtcdResponse)
  }
}

const parsed = (line: string): Step => ({ argv: line.split(' ') })

/** As the recording was made shorter: ids, times and sizes have no place in it. */
function shortened(text: string): string {
  return text
    .replace(/\n$/, '')
    .replace(/^\{"level":"warn".*"attempt":(\d+),"error":"(.*)"\}$/gm, 'W $2')
    .replaceAll('rpc error: code = ', 'rpc ')
    .replace(/"header":\{[^}]*\}/g, '"header":H')
    .replace(/"ClusterID" : \d+\n"MemberID" : \d+\n"Revision" : \d+\n"RaftTerm" : \d+/g, 'H')
    .replace(/took = [\d.]+.?s/g, 'took = T')
    .replace(/\b[0-9a-f]{16}\b/g, 'ID')
    .replace(/, \d+ kB, .*/g, ', STATUS')
    .replace(/(:\d+), \d+$/gm, '$1, HASH')
    .replace(/^\{"level":"info".*\n?/gm, '')
    .replace(/(",)?"ts":("[^"]*"|[\d.]+)/g, '$1"ts":T')
    .replaceAll("stty: 'standard input': Inappropriate ioctl for device", 'STTY')
    .replace(/^ID, started, default, .*/gm, 'MEMBER')
    .replace(/(https?:\/\/)?127\.0\.0\.1:\w+/g, 'ENDPOINT')
}

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/auth.json'), 'utf8')) as Record<
  'passwords' | 'certificates',
  Step[]
>

describe.each(['passwords', 'certificates'] as const)('what 3.4.23 said: %s', (part) => {
  it('is said again, word by word', () => {
    const bench = new Bench('3.4.23')
    const differing = recorded[part].flatMap((step) => {
      const { stdout, stderr, code } = bench.run(step)
      const said = { out: shortened(stdout), err: shortened(stderr), code }
      const wanted = { out: shortened(step.out ?? ''), err: shortened(step.err ?? ''), code: step.code ?? 0 }
      return JSON.stringify(said) === JSON.stringify(wanted) ? [] : [{ argv: step.argv.join(' '), said, wanted }]
    })
    expect(differing).toEqual([])
    expect(recorded[part].length).toBeGreaterThan(30)
  })
})

/** Users root and alice, who may read what begins with /a. */
function benchWithUsers(version = '3.5.24'): Bench {
  const bench = new Bench(version)
  for (const line of [
    'user add root:pw',
    'user add alice:secret',
    'role add reader',
    'role grant-permission reader read /a --prefix',
    'user grant-role alice reader',
    'put /a/1 x',
    'put /b/1 y',
    'auth enable',
  ])
    expect(bench.run(line).code).toBe(0)
  return bench
}

describe('users and roles', () => {
  it('belong to the data: a restart keeps them, and tokens are gone', () => {
    const bench = benchWithUsers()
    bench.restart()
    expect(bench.run('get /a/1').stderr).toContain('Error: etcdserver: user name is empty')
    expect(bench.run('--user alice:secret get /a/1').stdout).toBe('/a/1\nx\n')
    expect(bench.run('--user root:pw auth status').stdout).toBe('Authentication Status: true\nAuthRevision: 8\n')
  })

  it('survive a dump of the member', () => {
    const bench = benchWithUsers()
    const dump: unknown = JSON.parse(JSON.stringify(bench.member.dump()))
    bench.run('--user root:pw role delete reader')
    bench.member.load(dump)
    expect(bench.run('--user alice:secret get /a/1').code).toBe(0)
  })

  it('a token lasts for five minutes without use', () => {
    const bench = benchWithUsers()
    const { member } = bench
    bench.run('--user alice:secret get /a/1')
    const [token = ''] = (member.dump().tokens ?? []).map(([one]) => one)
    expect(member.mayRead('/a/1', { token })).toBe(true)
    bench.pass(299_000)
    expect(member.mayRead('/a/1', { token })).toBe(true)
    bench.pass(301_000)
    expect(() => member.mayRead('/a/1', { token })).toThrow('etcdserver: invalid auth token')
  })

  it('ranges of several permissions add up; a gap refuses', () => {
    const bench = benchWithUsers()
    bench.run('--user root:pw role grant-permission reader read /b /c')
    expect(bench.run('--user alice:secret get /a /c --keys-only').stdout).toBe('/a/1\n\n/b/1\n\n')
    expect(bench.run('--user alice:secret get /a /d').stderr).toContain('permission denied')
    expect(bench.run('--user alice:secret get --from-key /a').code).toBe(1)
  })

  it('a lease whose keys others own is not revoked; when it ends, its keys go all the same', () => {
    const bench = benchWithUsers()
    const lease = /lease (\w+)/.exec(bench.run('--user root:pw lease grant 60').stdout)?.[1] ?? ''
    bench.run(`--user root:pw put /a/leased x --lease=${lease}`)
    expect(bench.run(`--user alice:secret lease revoke ${lease}`).stderr).toContain('permission denied')
    expect(bench.run(`--user alice:secret lease timetolive ${lease} --keys`).stdout).toContain('keys([/a/leased])')
    bench.pass(70_000)
    expect(bench.run('--user alice:secret get /a/leased').stdout).toBe('')
  })
})

describe('since 3.5', () => {
  it('the role root shows what it may', () => {
    const bench = benchWithUsers('3.6.5')
    expect(bench.run('--user root:pw role get root').stdout).toBe(
      'Role root\nKV Read:\n\t[, <open ended>\nKV Write:\n\t[, <open ended>\n',
    )
  })

  it('a lease is told of only to who may read its keys (CVE-2023-32082)', () => {
    for (const [version, code] of [
      ['3.5.8', 0],
      ['3.5.9', 1],
    ] as const)
      expect(benchWithUsers(version).run('lease timetolive 1234').code).toBe(code)
  })

  it('maintenance refuses in the words of the API in 3.6, in those of the store before', () => {
    const words = (version: string): string => benchWithUsers(version).run('--user alice:secret defrag').stderr
    expect(words('3.5.24')).toContain('(rpc error: code = Unknown desc = auth: permission denied)')
    expect(words('3.6.5')).toContain('(etcdserver: permission denied)')
  })

  it('from one key on, a watch was looked at as that key (CVE-2026-73499)', () => {
    const watch = (version: string): string =>
      benchWithUsers(version).run({ argv: ['--user', 'alice:secret', 'watch', '/a/1', '\0'] }).stderr
    expect(watch('3.6.13')).not.toContain('permission denied')
    expect(watch('3.6.14')).toContain('rpc error: code = PermissionDenied desc = etcdserver: permission denied')
  })
})
