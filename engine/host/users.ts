/** The accounts of a host, and the text of /etc/passwd and /etc/group. */
import type { Actor } from './files.ts'

export interface User {
  name: string
  uid: number
  gid: number
  /** The first is the primary group. */
  groups: string[]
  home: string
  shell: string
  gecos?: string
  /** May become root through sudo without a password. */
  sudo: boolean
  /** A key of the cluster's other hosts opens this account. */
  sshKey: boolean
}

export interface Group {
  name: string
  gid: number
}

const system = (name: string, uid: number, home: string, shell = '/usr/sbin/nologin'): User => {
  return { name, uid, gid: uid, groups: [name], home, shell, gecos: name, sudo: false, sshKey: false }
}

const ROOT_USER: User = { ...system('root', 0, '/root', '/bin/bash'), sudo: true, sshKey: true }

/** The accounts of a fresh Ubuntu host with the exam's user. */
export const UBUNTU_USERS: readonly User[] = [
  ROOT_USER,
  system('daemon', 1, '/usr/sbin'),
  system('bin', 2, '/bin'),
  system('sys', 3, '/dev'),
  { ...system('sync', 4, '/bin', '/bin/sync'), gid: 65534, groups: ['nogroup'] },
  { ...system('man', 6, '/var/cache/man'), gid: 12 },
  system('www-data', 33, '/var/www'),
  { ...system('nobody', 65534, '/nonexistent'), groups: ['nogroup'] },
  { ...system('systemd-network', 998, '/'), gecos: 'systemd Network Management' },
  { ...system('messagebus', 101, '/nonexistent'), gecos: '' },
  { ...system('systemd-resolve', 991, '/'), gecos: 'systemd Resolver' },
  { ...system('systemd-timesync', 997, '/'), gecos: 'systemd Time Synchronization' },
  { ...system('sshd', 109, '/run/sshd'), gid: 65534, groups: ['nogroup'], gecos: '' },
  {
    name: 'candidate',
    uid: 1000,
    gid: 1000,
    groups: ['candidate', 'sudo', 'adm'],
    home: '/home/candidate',
    shell: '/bin/bash',
    gecos: 'candidate',
    sudo: true,
    sshKey: true,
  },
]

export const UBUNTU_GROUPS: readonly Group[] = [
  { name: 'root', gid: 0 },
  { name: 'daemon', gid: 1 },
  { name: 'bin', gid: 2 },
  { name: 'sys', gid: 3 },
  { name: 'adm', gid: 4 },
  { name: 'tty', gid: 5 },
  { name: 'disk', gid: 6 },
  { name: 'man', gid: 12 },
  { name: 'sudo', gid: 27 },
  { name: 'www-data', gid: 33 },
  { name: 'shadow', gid: 42 },
  { name: 'systemd-journal', gid: 999 },
  { name: 'systemd-network', gid: 998 },
  { name: 'systemd-timesync', gid: 997 },
  { name: 'messagebus', gid: 101 },
  { name: 'systemd-resolve', gid: 991 },
  { name: 'nogroup', gid: 65534 },
  { name: 'candidate', gid: 1000 },
]

export function makePasswd(users: readonly User[]): string {
  return users
    .map(({ name, uid, gid, gecos, home, shell }) => `${name}:x:${uid}:${gid}:${gecos ?? ''}:${home}:${shell}\n`)
    .join('')
}

export function makeGroup(users: readonly User[], groups: readonly Group[]): string {
  const members = (group: string): string =>
    users
      .filter((user) => user.groups.indexOf(group) > 0)
      .map(({ name }) => name)
      .join(',')
  return groups.map(({ name, gid }) => `${name}:x:${gid}:${members(name)}\n`).join('')
}

/** Nobody has a password but by `passwd`. */
export function makeShadow(users: readonly User[]): string {
  return users.map(({ name, uid }) => `${name}:${uid === 0 || uid >= 1000 ? '!' : '*'}:20454:0:99999:7:::\n`).join('')
}

/** The accounts that the files speak of; `known` tells what files do not. */
export function readAccounts(passwd: string, group: string, known: readonly User[]): Map<string, User> {
  const fields = (text: string): string[][] =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(':'))
  const groups = fields(group)
  const users = new Map<string, User>()
  for (const [name = '', , uid = '', gid = '', gecos = '', home = '/', shell = '/bin/sh'] of fields(passwd)) {
    const own = groups.find((line) => line[2] === gid)?.[0] ?? gid
    const more = groups.filter((line) => (line[3] ?? '').split(',').includes(name) && line[0] !== own)
    const before = known.find((user) => user.name === name)
    users.set(name, {
      name,
      uid: Number(uid),
      gid: Number(gid),
      groups: [own, ...more.map((line) => line[0] ?? '')],
      home,
      shell,
      gecos,
      sudo: before?.sudo ?? false,
      sshKey: before?.sshKey ?? false,
    })
  }
  return users
}

/** A user as the owner of file operations. */
export function actorOf(user: User): Actor {
  return { user: user.name, groups: user.groups }
}
