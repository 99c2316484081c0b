/** useradd, usermod, userdel, groupadd, groupdel, passwd, chpasswd, gpasswd, chage (Q9): /etc/passwd, group and shadow. */
import type { Proc, Program, Run } from '../process.ts'
import { hashPassword } from '../sudoers.ts'
import { has, parseOptions, valueOf } from './options.ts'

type Rows = string[][]

const FILES = { passwd: '/etc/passwd', group: '/etc/group', shadow: '/etc/shadow' } as const

function* read(p: Proc, file: keyof typeof FILES): Run<Rows> {
  const found = yield* p.readFile(FILES[file])
  const text = 'text' in found ? found.text : ''
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'))
}

function* write(p: Proc, file: keyof typeof FILES, rows: Rows): Run<void> {
  yield* p.writeFile(FILES[file], rows.map((row) => `${row.join(':')}\n`).join(''))
}

function* fail(p: Proc, text: string, code = 1): Run<number> {
  yield* p.err(text)
  return code
}

function nextId(rows: Rows): number {
  return Math.max(999, ...rows.map((row) => Number(row[2])).filter((id) => id < 60_000)) + 1
}

const LOCKED = (name: string): string =>
  `${name}: Permission denied.\n${name}: cannot lock /etc/${name.startsWith('group') ? 'group' : 'passwd'}; try again later.\n`

/** Puts a user into the named groups, out of all others when `only`. */
function inGroups(rows: Rows, user: string, names: readonly string[], only: boolean): Rows {
  return rows.map((row) => {
    const members = (row[3] ?? '').split(',').filter((name) => name !== '')
    const wanted = names.includes(row[0] ?? '')
    const kept = members.filter((name) => name !== user || wanted || !only)
    const made = wanted && !kept.includes(user) ? [...kept, user] : kept
    return [...row.slice(0, 3), made.join(',')]
  })
}

const USER_SPEC = {
  flags: [
    'm',
    'M',
    'r',
    'a',
    'U',
    'N',
    'L',
    'D',
    'o',
    'f',
    'append',
    'create-home',
    'system',
    'lock',
    'unlock',
    'remove',
    'force',
    'disabled-password',
  ],
  withValue: [
    's',
    'd',
    'u',
    'g',
    'G',
    'c',
    'l',
    'e',
    'p',
    'k',
    'shell',
    'home',
    'home-dir',
    'uid',
    'gid',
    'groups',
    'comment',
    'login',
    'gecos',
    'ingroup',
  ],
  alias: {
    append: 'a',
    'create-home': 'm',
    shell: 's',
    home: 'd',
    'home-dir': 'd',
    uid: 'u',
    gid: 'g',
    groups: 'G',
    comment: 'c',
    gecos: 'c',
    login: 'l',
    system: 'r',
    lock: 'L',
    remove: 'r',
    ingroup: 'g',
  },
}

function useraddAs(debian: boolean): Program {
  return function* (argv, p) {
    const options = parseOptions(argv, USER_SPEC)
    const [name, group] = options.rest
    if (name === undefined)
      return yield* fail(p, debian ? 'fatal: Only one or two names allowed.\n' : 'Usage: useradd [options] LOGIN\n', 2)
    if (p.user !== 'root')
      return yield* fail(p, debian ? 'fatal: Only root may add a user or group to the system.\n' : LOCKED('useradd'))
    const passwd = yield* read(p, 'passwd')
    const groups = yield* read(p, 'group')
    if (passwd.some((row) => row[0] === name)) {
      // `adduser user group` adds to a group.
      if (debian && group !== undefined) {
        yield* write(p, 'group', inGroups(groups, name, [group], false))
        yield* p.out(`info: Adding user \`${name}' to group \`${group}' ...\n`)
        return 0
      }
      return yield* fail(
        p,
        debian ? `fatal: The user \`${name}' already exists.\n` : `useradd: user '${name}' already exists\n`,
        debian ? 1 : 9,
      )
    }
    if (!/^[a-z_][a-z0-9_-]*\$?$/.test(name))
      return yield* fail(p, `useradd: invalid user name '${name}': use --badname to ignore\n`, 3)
    const more = valueOf(options, 'G')?.split(',') ?? []
    const missing = more.find((one) => !groups.some((row) => row[0] === one))
    if (missing !== undefined) return yield* fail(p, `useradd: group '${missing}' does not exist\n`, 6)
    const primary = valueOf(options, 'g')
    const known = groups.find((row) => row[0] === primary || row[2] === primary)
    if (primary !== undefined && known === undefined)
      return yield* fail(p, `useradd: group '${primary}' does not exist\n`, 6)
    const uid = Number(valueOf(options, 'u') ?? nextId(passwd))
    if (passwd.some((row) => row[2] === String(uid))) return yield* fail(p, `useradd: UID ${uid} is not unique\n`, 4)
    const gid = known?.[2] ?? String(groups.some((row) => row[2] === String(uid)) ? nextId(groups) : uid)
    const home = valueOf(options, 'd') ?? `/home/${name}`
    const shell = valueOf(options, 's') ?? (debian ? '/bin/bash' : '/bin/sh')
    yield* write(p, 'passwd', [...passwd, [name, 'x', String(uid), gid, valueOf(options, 'c') ?? '', home, shell]])
    const grown = known === undefined ? [...groups, [name, 'x', gid, '']] : groups
    yield* write(p, 'group', inGroups(grown, name, more, false))
    const shadow = yield* read(p, 'shadow')
    yield* write(p, 'shadow', [...shadow, [name, '!', '20454', '0', '99999', '7', '', '', '']])
    if (debian || has(options, 'm')) {
      yield* p.mkdir(home, { parents: true, mode: 0o750 })
      for (const file of ['.bashrc', '.profile']) {
        const skeleton = yield* p.readFile(`/root/${file}`)
        if ('text' in skeleton) yield* p.writeFile(`${home}/${file}`, skeleton.text)
        yield* p.chown(`${home}/${file}`, name, known?.[0] ?? name)
      }
      yield* p.chmod(home, 0o750)
      yield* p.chown(home, name, known?.[0] ?? name)
    }
    if (debian)
      yield* p.out(
        `info: Adding user \`${name}' ...\ninfo: Adding new group \`${name}' (${gid}) ...\ninfo: Adding new user \`${name}' (${uid}) with group \`${name} (${gid})' ...\ninfo: Creating home directory \`${home}' ...\n`,
      )
    return 0
  }
}

const usermod: Program = function* (argv, p) {
  const options = parseOptions(argv, USER_SPEC)
  const [name] = options.rest
  if (name === undefined) return yield* fail(p, 'Usage: usermod [options] LOGIN\n', 2)
  if (p.user !== 'root') return yield* fail(p, LOCKED('usermod'))
  const passwd = yield* read(p, 'passwd')
  const row = passwd.find((one) => one[0] === name)
  if (row === undefined) return yield* fail(p, `usermod: user '${name}' does not exist\n`, 6)
  const groups = yield* read(p, 'group')
  const more = valueOf(options, 'G')?.split(',')
  const missing = more?.find((one) => !groups.some((line) => line[0] === one))
  if (missing !== undefined) return yield* fail(p, `usermod: group '${missing}' does not exist\n`, 6)
  if (more !== undefined) yield* write(p, 'group', inGroups(groups, name, more, !has(options, 'a')))
  const gid = valueOf(options, 'g')
  const primary = groups.find((line) => line[0] === gid || line[2] === gid)?.[2] ?? row[3] ?? ''
  const changed = [
    valueOf(options, 'l') ?? name,
    'x',
    valueOf(options, 'u') ?? row[2] ?? '',
    primary,
    valueOf(options, 'c') ?? row[4] ?? '',
    valueOf(options, 'd') ?? row[5] ?? '',
    valueOf(options, 's') ?? row[6] ?? '',
  ]
  yield* write(
    p,
    'passwd',
    passwd.map((one) => (one === row ? changed : one)),
  )
  if (has(options, 'L') || has(options, 'U')) yield* lock(p, name, has(options, 'L'))
  return 0
}

function* lock(p: Proc, name: string, locked: boolean): Run<void> {
  const shadow = yield* read(p, 'shadow')
  yield* write(
    p,
    'shadow',
    shadow.map((row) =>
      row[0] === name ? [name, `${locked ? '!' : ''}${(row[1] ?? '').replace(/^!+/, '')}`, ...row.slice(2)] : row,
    ),
  )
}

const userdel: Program = function* (argv, p) {
  const options = parseOptions(argv, USER_SPEC)
  const [name = ''] = options.rest
  if (p.user !== 'root') return yield* fail(p, LOCKED('userdel'))
  const passwd = yield* read(p, 'passwd')
  const row = passwd.find((one) => one[0] === name)
  if (row === undefined) return yield* fail(p, `userdel: user '${name}' does not exist\n`, 6)
  yield* write(
    p,
    'passwd',
    passwd.filter((one) => one !== row),
  )
  yield* write(
    p,
    'shadow',
    (yield* read(p, 'shadow')).filter((one) => one[0] !== name),
  )
  const groups = inGroups(yield* read(p, 'group'), name, [], true)
  yield* write(
    p,
    'group',
    groups.filter((one) => one[0] !== name),
  )
  if (has(options, 'r')) yield* p.remove(row[5] ?? '', { recursive: true })
  return 0
}

const groupadd: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['r', 'f', 'o', 'system'], withValue: ['g', 'gid'], alias: { gid: 'g' } })
  const [name] = options.rest
  if (name === undefined) return yield* fail(p, 'Usage: groupadd [options] GROUP\n', 2)
  if (p.user !== 'root') return yield* fail(p, LOCKED('groupadd'))
  const groups = yield* read(p, 'group')
  if (groups.some((row) => row[0] === name))
    return has(options, 'f') ? 0 : yield* fail(p, `groupadd: group '${name}' already exists\n`, 9)
  yield* write(p, 'group', [...groups, [name, 'x', valueOf(options, 'g') ?? String(nextId(groups)), '']])
  return 0
}

const groupdel: Program = function* (argv, p) {
  const [, name = ''] = argv
  if (p.user !== 'root') return yield* fail(p, LOCKED('groupdel'))
  const groups = yield* read(p, 'group')
  const row = groups.find((one) => one[0] === name)
  if (row === undefined) return yield* fail(p, `groupdel: group '${name}' does not exist\n`, 6)
  const owner = (yield* read(p, 'passwd')).find((one) => one[3] === row[2])
  if (owner !== undefined) return yield* fail(p, `groupdel: cannot remove the primary group of user '${owner[0]}'\n`, 8)
  yield* write(
    p,
    'group',
    groups.filter((one) => one !== row),
  )
  return 0
}

const gpasswd: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: [], withValue: ['a', 'd'] })
  const [group = ''] = options.rest
  const user = valueOf(options, 'a') ?? valueOf(options, 'd')
  if (user === undefined) return yield* fail(p, 'not simulated: gpasswd without -a and -d\n')
  if (p.user !== 'root') return yield* fail(p, 'gpasswd: Permission denied.\n')
  const groups = yield* read(p, 'group')
  if (!groups.some((row) => row[0] === group))
    return yield* fail(p, `gpasswd: group '${group}' does not exist in /etc/group\n`, 3)
  const adding = has(options, 'a')
  yield* write(
    p,
    'group',
    adding
      ? inGroups(groups, user, [group], false)
      : groups.map((row) =>
          row[0] === group
            ? [
                ...row.slice(0, 3),
                (row[3] ?? '')
                  .split(',')
                  .filter((one) => one !== user)
                  .join(','),
              ]
            : row,
        ),
  )
  yield* p.out(`${adding ? 'Adding' : 'Removing'} user ${user} ${adding ? 'to' : 'from'} group ${group}\n`)
  return 0
}

function* setPassword(p: Proc, user: string, password: string): Run<void> {
  const shadow = yield* read(p, 'shadow')
  yield* write(
    p,
    'shadow',
    shadow.map((row) => (row[0] === user ? [user, hashPassword(password), ...row.slice(2)] : row)),
  )
}

const passwd: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['l', 'u', 'S', 'd', 'e', 'status', 'stdin'], alias: { status: 'S' } })
  const name = options.rest[0] ?? p.user
  if (p.user !== 'root' && name !== p.user)
    return yield* fail(p, `passwd: You may not view or modify password information for ${name}.\n`)
  const row = (yield* read(p, 'shadow')).find((one) => one[0] === name)
  if (p.user !== 'root') return yield* fail(p, 'not simulated: passwd by a user other than root\n')
  if (row === undefined) return yield* fail(p, `passwd: user '${name}' does not exist\n`)
  if (has(options, 'S')) {
    const state = (row[1] ?? '').startsWith('!') || row[1] === '*' ? 'L' : row[1] === '' ? 'NP' : 'P'
    yield* p.out(`${name} ${state} 2026-01-01 0 99999 7 -1\n`)
    return 0
  }
  if (has(options, 'l') || has(options, 'u')) {
    yield* lock(p, name, has(options, 'l'))
    yield* p.out('passwd: password changed.\n')
    return 0
  }
  yield* p.err('New password: ')
  const first = yield* p.readLine()
  yield* p.err('\nRetype new password: ')
  const second = yield* p.readLine()
  yield* p.err('\n')
  if (first === null || first.trim() === '' || first !== second)
    return yield* fail(
      p,
      `${first === null || first.trim() === '' ? 'No password has been supplied.' : 'Sorry, passwords do not match.'}\npasswd: Authentication token manipulation error\npasswd: password unchanged\n`,
      10,
    )
  yield* setPassword(p, name, first.replace(/\n$/, ''))
  yield* p.out('passwd: password updated successfully\n')
  return 0
}

const chpasswd: Program = function* (_argv, p) {
  if (p.user !== 'root') return yield* fail(p, 'chpasswd: Permission denied.\n')
  for (const line of (yield* p.readAll()).split('\n').filter((one) => one !== '')) {
    const colon = line.indexOf(':')
    yield* setPassword(p, line.slice(0, colon), line.slice(colon + 1))
  }
  return 0
}

const chage: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['l'], withValue: ['E', 'M', 'm', 'W', 'I', 'd'] })
  const [name = ''] = options.rest
  if (!has(options, 'l')) return yield* fail(p, 'not simulated: chage other than -l\n')
  if (!(yield* read(p, 'passwd')).some((row) => row[0] === name))
    return yield* fail(p, `chage: user '${name}' does not exist in /etc/passwd\n`)
  yield* p.out(
    'Last password change\t\t\t\t\t: Jan 01, 2026\nPassword expires\t\t\t\t\t: never\nPassword inactive\t\t\t\t\t: never\nAccount expires\t\t\t\t\t\t: never\nMinimum number of days between password change\t\t: 0\nMaximum number of days between password change\t\t: 99999\nNumber of days of warning before password expires\t: 7\n',
  )
  return 0
}

const visudo: Program = function* (argv, p) {
  const options = parseOptions(argv, {
    flags: ['c', 'q', 's', 'check', 'strict'],
    withValue: ['f', 'file'],
    alias: { check: 'c', file: 'f' },
  })
  const path = valueOf(options, 'f') ?? '/etc/sudoers'
  if (p.user !== 'root') return yield* fail(p, `visudo: ${path}: Permission denied\n`)
  if (has(options, 'c')) {
    const file = yield* p.readFile(path)
    if ('error' in file) return yield* fail(p, `visudo: ${path}: No such file or directory\n`)
    const bad = file.text
      .split('\n')
      .findIndex((line) => !/^\s*(#|$|@|Defaults|\w+_Alias)/.test(line) && !/^\S+\s+\S+\s*=/.test(line.trim()))
    if (bad >= 0) return yield* fail(p, `${path}:${bad + 1}:1: syntax error\n`)
    yield* p.out(`${path}: parsed OK\n`)
    return 0
  }
  const answer = yield* p.edit(path, 'nano')
  return 'error' in answer ? yield* fail(p, 'not simulated: visudo needs the web terminal\n') : 0
}

const nologin: Program = function* (_argv, p) {
  yield* p.out('This account is currently not available.\n')
  return 1
}

export const accountPrograms = {
  useradd: useraddAs(false),
  adduser: useraddAs(true),
  usermod,
  userdel,
  deluser: userdel,
  groupadd,
  addgroup: groupadd,
  groupdel,
  gpasswd,
  passwd,
  chpasswd,
  chage,
  visudo,
  nologin,
}
