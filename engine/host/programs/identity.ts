/** hostname, whoami, id, groups, uname, uptime, getent (Q7). */
import type { Proc, Program, Run } from '../process.ts'
import type { HostFactsAnswer } from '../syscalls/host.ts'
import { has, parseOptions } from './options.ts'
import { clockTime, two } from './text.ts'

interface Account {
  name: string
  uid: number
  gid: number
}

/** Lines of /etc/passwd or /etc/group as fields. */
function* database(p: Proc, path: string): Run<string[][]> {
  const file = yield* p.readFile(path)
  return 'text' in file
    ? file.text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(':'))
    : []
}

/** The numbers by name that /etc/passwd or /etc/group knows; a name that is a number stands for itself. */
export function* idsOf(p: Proc, path: '/etc/passwd' | '/etc/group'): Run<(name: string) => string> {
  const known = new Map((yield* database(p, path)).map(([name = '', , id = '']) => [name, id]))
  return (name) => known.get(name) ?? (/^\d+$/.test(name) ? name : '65534')
}

/** The name that a number has in /etc/passwd or /etc/group; everything else stands for itself. */
export function* nameOf(p: Proc, path: '/etc/passwd' | '/etc/group', who: string): Run<string> {
  if (!/^\d+$/.test(who)) return who
  return (yield* database(p, path)).find(([, , id]) => id === who)?.[0] ?? who
}

function* accountOf(p: Proc, name: string): Run<Account | undefined> {
  const entry = (yield* database(p, '/etc/passwd')).find((fields) => fields[0] === name || fields[2] === name)
  return entry === undefined ? undefined : { name: entry[0] ?? '', uid: Number(entry[2]), gid: Number(entry[3]) }
}

/** The groups of an account as id tells them: its own before those that name it. */
function groupsOf(groups: readonly string[][], name: string, gid: number | undefined): string[][] {
  const isOwn = (fields: readonly string[]): boolean => Number(fields[2]) === gid
  const naming = groups.filter((fields) => !isOwn(fields) && (fields[3] ?? '').split(',').includes(name))
  return [...groups.filter(isOwn), ...naming]
}

const hostname: Program = function* (argv, p) {
  const options = parseOptions(argv, {
    flags: ['I', 'i', 's', 'f', 'd', 'all-ip-addresses', 'ip-address', 'short', 'fqdn', 'long'],
    alias: { 'all-ip-addresses': 'I', 'ip-address': 'i' },
  })
  const [wanted] = options.rest
  if (wanted !== undefined) {
    if (p.user !== 'root') {
      yield* p.err('hostname: you must be root to change the host name\n')
      return 1
    }
    yield* p.writeFile('/proc/sys/kernel/hostname', `${wanted}\n`)
    return 0
  }
  const name = yield* nameOfHost(p)
  if (has(options, 'I') || has(options, 'i')) {
    const { addresses } = yield* addressesOf(p, name)
    yield* p.out(has(options, 'I') ? `${addresses.join(' ')} \n` : `${addresses[0] ?? '127.0.1.1'}\n`)
  } else yield* p.out(`${name}\n`)
  return 0
}

/** /etc/hostname, which a pod has too. */
function* nameOfHost(p: Proc): Run<string> {
  const running = yield* p.readFile('/proc/sys/kernel/hostname')
  if ('text' in running) return running.text.trim()
  const file = yield* p.readFile('/etc/hostname')
  return 'text' in file ? file.text.trim() : (p.env.HOSTNAME ?? p.host)
}

function* addressesOf(p: Proc, name: string): Run<{ addresses: string[] }> {
  const hosts = yield* p.readFile('/etc/hosts')
  const lines = 'text' in hosts ? hosts.text.split('\n').map((line) => line.trim().split(/\s+/)) : []
  return {
    addresses: lines
      .filter((words) => words.slice(1).includes(name) && !words[0]?.startsWith('127.'))
      .map((words) => words[0] as string),
  }
}

const whoami: Program = function* (_argv, p) {
  yield* p.out(`${p.user}\n`)
  return 0
}

const id: Program = function* (argv, p) {
  const options = parseOptions(argv, {
    flags: ['u', 'g', 'G', 'n', 'user', 'group', 'name'],
    alias: { user: 'u', group: 'g', name: 'n' },
  })
  const name = options.rest[0] ?? p.user
  const account = yield* accountOf(p, name)
  if (account === undefined && options.rest.length > 0) {
    yield* p.err(`id: ‘${name}’: no such user\n`)
    return 1
  }
  const { uid, gid } = account ?? { uid: Number(p.user) || 0, gid: 0 }
  const groups = yield* database(p, '/etc/group')
  const own = groupsOf(groups, account?.name ?? name, gid)
  const named = own.map((fields) => `${fields[2]}(${fields[0]})`)
  const groupName = own.find((fields) => Number(fields[2]) === gid)?.[0]
  if (has(options, 'u')) yield* p.out(`${has(options, 'n') ? (account?.name ?? name) : uid}\n`)
  else if (has(options, 'g')) yield* p.out(`${has(options, 'n') ? (groupName ?? gid) : gid}\n`)
  else if (has(options, 'G'))
    yield* p.out(`${own.map((fields) => (has(options, 'n') ? fields[0] : fields[2])).join(' ')}\n`)
  else
    yield* p.out(
      `uid=${uid}${account === undefined ? '' : `(${account.name})`} gid=${gid}${groupName === undefined ? '' : `(${groupName})`} groups=${named.length === 0 ? gid : named.join(',')}\n`,
    )
  return 0
}

const groups: Program = function* (argv, p) {
  const name = argv[1] ?? p.user
  const account = yield* accountOf(p, name)
  const all = yield* database(p, '/etc/group')
  const own = groupsOf(all, name, account?.gid).map((fields) => fields[0])
  yield* p.out(`${argv[1] === undefined ? '' : `${name} : `}${own.join(' ')}\n`)
  return 0
}

const uname: Program = function* (argv, p) {
  const options = parseOptions(argv, {
    flags: ['a', 's', 'n', 'r', 'v', 'm', 'p', 'i', 'o', 'all'],
    alias: { all: 'a' },
  })
  const { kernelVersion } = (yield* p.ask('host.facts')) as HostFactsAnswer
  const name = yield* nameOfHost(p)
  const parts: [string, string][] = [
    ['s', 'Linux'],
    ['n', name],
    ['r', kernelVersion],
    ['v', '#52-Ubuntu SMP PREEMPT_DYNAMIC Thu Dec  5 13:09:44 UTC 2024'],
    ['m', 'x86_64'],
    ['p', 'x86_64'],
    ['i', 'x86_64'],
    ['o', 'GNU/Linux'],
  ]
  const shown = parts.filter(
    ([flag]) => has(options, 'a') || has(options, flag) || (options.values.size === 0 && flag === 's'),
  )
  yield* p.out(`${shown.map(([, text]) => text).join(' ')}\n`)
  return 0
}

/** ` 01:34:36 up  1:59,  0 user,  load average: 0.08, 0.05, 0.01`. */
export function uptimeLine(nowMs: number, uptimeSeconds: number): string {
  const days = Math.floor(uptimeSeconds / 86_400)
  const hours = Math.floor((uptimeSeconds % 86_400) / 3600)
  const minutes = Math.floor((uptimeSeconds % 3600) / 60)
  const clock = hours > 0 ? `${String(hours).padStart(2)}:${two(minutes)}` : `${minutes} min`
  return `${clockTime(nowMs)} up ${days > 0 ? `${days} day${days === 1 ? '' : 's'}, ` : ''}${clock},  1 user,  load average: 0.08, 0.05, 0.01`
}

/** `up 2 days, 3 hours, 5 minutes` */
function prettyUptime(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 604_800), 'week'],
    [Math.floor((seconds % 604_800) / 86_400), 'day'],
    [Math.floor((seconds % 86_400) / 3600), 'hour'],
    [Math.floor((seconds % 3600) / 60), 'minute'],
  ] as const
  const words = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`)
  return `up ${words.length === 0 ? '0 minutes' : words.join(', ')}`
}

const uptime: Program = function* (argv, p) {
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  const [option] = argv.slice(1)
  if (option === '-p' || option === '--pretty' || option === '-s' || option === '--since') {
    const since = new Date(facts.bootedAtClockMs).toISOString().slice(0, 19).replace('T', ' ')
    yield* p.out(option.includes('p') ? `${prettyUptime(facts.uptimeSeconds)}\n` : `${since}\n`)
    return 0
  }
  yield* p.out(` ${uptimeLine(yield* p.now(), facts.uptimeSeconds)}\n`)
  return 0
}

const SERVICES = [['ssh', 22], ['telnet', 23], ['domain', 53], ['http', 80], ['ntp', 123], ['https', 443], ['etcd-client', 2379], ['etcd-server', 2380], ['mysql', 3306], ['postgresql', 5432], ['http-alt', 8080]] as const // prettier-ignore

const getent: Program = function* (argv, p) {
  const [, kind, key] = argv
  if (kind === 'hosts' || kind === 'ahosts' || kind === 'ahostsv4') {
    if (key === undefined) return 1
    const found = yield* p.resolve(key)
    if ('error' in found) return 2
    for (const address of found.addresses)
      yield* p.out(kind === 'hosts' ? `${address.padEnd(15)} ${found.canonicalName ?? key}\n` : `${address.padEnd(15)} STREAM ${found.canonicalName ?? key}\n${address.padEnd(15)} DGRAM  \n${address.padEnd(15)} RAW    \n`) // prettier-ignore
    return 0
  }
  if (kind === 'services') {
    const found = SERVICES.find(([name, port]) => key === name || key === String(port))
    if (found !== undefined) yield* p.out(`${found[0].padEnd(21)} ${found[1]}/tcp\n`)
    return found === undefined ? 2 : 0
  }
  if (kind !== 'passwd' && kind !== 'group') {
    yield* p.err(`Unknown database: ${kind ?? ''}\n`)
    return 1
  }
  const entries = (yield* database(p, `/etc/${kind}`)).filter(
    (fields) => key === undefined || fields[0] === key || fields[2] === key,
  )
  for (const fields of entries) yield* p.out(`${fields.join(':')}\n`)
  return entries.length === 0 ? 2 : 0
}

export const identityPrograms = { hostname, whoami, id, groups, uname, uptime, getent }
