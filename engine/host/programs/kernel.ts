/** sysctl, modules, swap, mounts, disks, dmesg (Q7). Not modelled: devices other than vda, mounting anything new. */
import type { Proc, Program, Run } from '../process.ts'
import type { HostFactsAnswer } from '../syscalls/host.ts'
import {
  MODULES,
  loadedModules,
  makeSwaps,
  moduleName,
  parseFstab,
  parseSwaps,
  swapKib,
  sysctlPath,
  sysctlSettings,
  SYSCTL_DIRECTORIES,
} from '../system.ts'
import type { Swap } from '../system.ts'
import { has, parseOptions, valueOf } from './options.ts'
import type { Options } from './options.ts'
import { columns, errnoText, humanSize } from './text.ts'
import { patternOf } from './patterns.ts'

function* say(p: Proc, text: string, code = 1): Run<number> {
  yield* p.err(text)
  return code
}

function* textOf(p: Proc, path: string): Run<string> {
  const file = yield* p.readFile(path)
  return 'text' in file ? file.text : ''
}

const lines = (list: readonly string[]): string => list.map((line) => `${line}\n`).join('')

// sysctl

const SYSCTL_SPEC = {
  flags: ['w', 'a', 'A', 'n', 'e', 'q', 'N', 'b', 'system', 'all', 'write', 'values', 'quiet', 'ignore'],
  withValue: ['r', 'pattern'],
  alias: { all: 'a', A: 'a', write: 'w', values: 'n', quiet: 'q', pattern: 'r', ignore: 'e' },
}

const dotted = (path: string): string => path.replace('/proc/sys/', '').replaceAll('/', '.')

const sysctl: Program = function* (argv, p) {
  // -p takes a file, or none: then it is /etc/sysctl.conf.
  const at = argv.findIndex((word) => /^(-p|--load)(=.*)?$/.test(word))
  if (at > 0) return yield* loadFiles(p, [...(argv[at]?.split('=').slice(1) ?? []), ...argv.slice(at + 1)])
  const options = parseOptions(argv, SYSCTL_SPEC)
  if (options.unknown !== undefined)
    return yield* say(p, `sysctl: invalid option -- '${options.unknown.replace(/^-+/, '')}'\n`)
  if (has(options, 'system')) return yield* loadSystem(p)
  if (has(options, 'a')) return yield* showAll(p, options)
  if (options.rest.length === 0)
    return yield* say(p, "sysctl: no variables specified\nTry `sysctl --help' for more information.\n")
  let code = 0
  for (const word of options.rest) {
    const equals = word.indexOf('=')
    const key = equals < 0 ? word : word.slice(0, equals).trim()
    code =
      (equals < 0
        ? yield* showKey(p, key, options)
        : yield* setKey(p, key, word.slice(equals + 1).trim(), has(options, 'q'))) || code
  }
  return code
}

function* showKey(p: Proc, key: string, options: Options): Run<number> {
  const path = sysctlPath(key)
  const stat = yield* p.stat(path)
  if (!('error' in stat) && stat.kind === 'directory') {
    const listed = yield* p.list(path)
    for (const name of 'names' in listed ? listed.names : [])
      yield* showKey(p, `${key.replaceAll('.', '/')}/${name}`, options)
    return 0
  }
  const file = yield* p.readFile(path)
  if ('error' in file)
    return has(options, 'e') ? 0 : yield* say(p, `sysctl: cannot stat ${path}: No such file or directory\n`)
  const value = file.text.replace(/\n$/, '')
  yield* p.out(has(options, 'n') ? `${value}\n` : `${dotted(path)} = ${value}\n`)
  return 0
}

function* setKey(p: Proc, key: string, value: string, quiet = false): Run<number> {
  const path = sysctlPath(key.replace(/^-/, ''))
  if ('error' in (yield* p.stat(path)))
    return key.startsWith('-') ? 0 : yield* say(p, `sysctl: cannot stat ${path}: No such file or directory\n`)
  if (p.user !== 'root') return yield* say(p, `sysctl: permission denied on key "${dotted(path)}"\n`)
  const before = (yield* textOf(p, path)).trim()
  if (/^-?\d+$/.test(before) && !/^-?\d+$/.test(value))
    return yield* say(p, `sysctl: setting key "${dotted(path)}": Invalid argument\n`)
  yield* p.writeFile(path, `${value}\n`)
  if (!quiet) yield* p.out(`${dotted(path)} = ${value}\n`)
  return 0
}

function* loadFiles(p: Proc, paths: readonly string[]): Run<number> {
  let code = 0
  for (const path of paths.length === 0 ? ['/etc/sysctl.conf'] : paths) {
    const file = yield* p.readFile(path)
    if ('error' in file) {
      code = yield* say(p, `sysctl: cannot open "${path}": ${errnoText(file)}\n`)
      continue
    }
    for (const { key, value } of sysctlSettings(file.text)) code = (yield* setKey(p, key, value)) || code
  }
  return code
}

function* loadSystem(p: Proc): Run<number> {
  const found = new Map<string, string>()
  for (const directory of SYSCTL_DIRECTORIES) {
    const listed = yield* p.list(directory)
    for (const name of 'names' in listed ? listed.names : [])
      if (name.endsWith('.conf') && !found.has(name)) found.set(name, `${directory}/${name}`)
  }
  const paths = [...[...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path), '/etc/sysctl.conf']
  for (const path of paths) yield* p.out(`* Applying ${path} ...\n`)
  for (const path of paths)
    for (const { key, value } of sysctlSettings(yield* textOf(p, path))) yield* setKey(p, key, value)
  return 0
}

function* showAll(p: Proc, options: Options): Run<number> {
  const text = valueOf(options, 'r')
  const pattern = text === undefined ? undefined : patternOf(text)
  if (text !== undefined && pattern === undefined) {
    yield* p.err(`sysctl: ${JSON.stringify(text)} is no regular expression\n`)
    return 1
  }
  const walk = function* (path: string): Run<void> {
    const listed = yield* p.list(path)
    for (const name of 'names' in listed ? listed.names : []) {
      const inner = `${path}/${name}`
      const stat = yield* p.stat(inner)
      if (!('error' in stat) && stat.kind === 'directory') yield* walk(inner)
      else if (pattern === undefined || pattern.test(dotted(inner)))
        yield* showKey(p, inner.replace('/proc/sys/', ''), options)
    }
  }
  yield* walk('/proc/sys')
  return 0
}

// Modules

const lsmod: Program = function* (_argv, p) {
  const rows = loadedModules(yield* textOf(p, '/proc/modules')).map(
    ({ name, sizeBytes, users }) =>
      `${name.padEnd(19)} ${String(sizeBytes).padStart(8)}  ${users.length}${users.length > 0 ? ` ${users.join(',')}` : ''}`,
  )
  yield* p.out(lines(['Module                  Size  Used by', ...rows]))
  return 0
}

const modprobe: Program = function* (argv, p) {
  const options = parseOptions(argv, {
    flags: ['r', 'remove', 'v', 'a', 'all', 'n', 'q', 'i', 'f', 'dry-run', 'verbose', 'quiet', 'first-time'],
    withValue: ['C', 'd', 'S'],
    alias: { remove: 'r', all: 'a', 'dry-run': 'n', quiet: 'q' },
  })
  const { kernelVersion } = (yield* p.ask('host.facts')) as HostFactsAnswer
  if (options.rest.length === 0) return yield* say(p, 'modprobe: ERROR: missing parameters. See -h.\n')
  const names = has(options, 'a') ? options.rest : options.rest.slice(0, 1)
  for (const name of names) {
    if (MODULES[moduleName(name)] === undefined) {
      if (!has(options, 'q'))
        yield* p.err(
          `modprobe: FATAL: Module ${name} not found${has(options, 'r') ? '.' : ` in directory /lib/modules/${kernelVersion}`}\n`,
        )
      return 1
    }
    if (has(options, 'n')) continue
    if (p.user !== 'root')
      return yield* say(
        p,
        `modprobe: ERROR: could not ${has(options, 'r') ? 'remove' : 'insert'} '${moduleName(name)}': Operation not permitted\n`,
      )
    if (!has(options, 'r')) yield* p.ask('module.load', { name })
    else {
      const answer = yield* p.ask('module.unload', { name })
      if (isUsed(answer)) return yield* say(p, `modprobe: FATAL: Module ${moduleName(name)} is in use.\n`)
    }
  }
  return 0
}

const isUsed = (answer: unknown): answer is { usedBy: string[] } =>
  typeof answer === 'object' && answer !== null && 'usedBy' in answer

const rmmod: Program = function* (argv, p) {
  for (const name of argv.slice(1).filter((word) => !word.startsWith('-'))) {
    if (p.user !== 'root')
      return yield* say(p, `rmmod: ERROR: could not remove module ${name}: Operation not permitted\n`)
    const answer = yield* p.ask('module.unload', { name })
    if (answer === 'not loaded')
      return yield* say(p, `rmmod: ERROR: Module ${moduleName(name)} is not currently loaded\n`)
    if (isUsed(answer))
      return yield* say(p, `rmmod: ERROR: Module ${moduleName(name)} is in use by: ${answer.usedBy.join(' ')}\n`)
  }
  return 0
}

// Swap

function* swapsNow(p: Proc): Run<Swap[]> {
  return parseSwaps(yield* textOf(p, '/proc/swaps'))
}

const swapon: Program = function* (argv, p) {
  const options = parseOptions(argv, {
    flags: ['a', 'all', 's', 'summary', 'show', 'v', 'verbose', 'noheadings', 'bytes', 'e', 'f'],
    withValue: ['p', 'priority', 'L', 'U', 'o'],
    alias: { all: 'a', summary: 's' },
  })
  const now = yield* swapsNow(p)
  if (has(options, 'show') || (argv.length === 1 && now.length >= 0)) {
    if (now.length === 0) return 0
    const size = (kib: number): string =>
      has(options, 'bytes') ? String(kib * 1024) : humanSize((kib + 4) * 1024).replace('.0', '')
    const rows = now.map(({ path, kind, sizeKib }, index) => [
      path,
      kind,
      size(sizeKib),
      has(options, 'bytes') ? '0' : '0B',
      String(-2 - index),
    ])
    const table = columns([['NAME', 'TYPE', 'SIZE', 'USED', 'PRIO'], ...rows], { gap: 1, right: [2, 3, 4] })
    yield* p.out(lines(has(options, 'noheadings') ? table.slice(1) : table))
    return 0
  }
  if (has(options, 's')) {
    if (now.length > 0) yield* p.out(yield* textOf(p, '/proc/swaps'))
    return 0
  }
  if (p.user !== 'root') return yield* say(p, 'swapon: cannot open: Permission denied\n')
  const fstab = parseFstab(yield* textOf(p, '/etc/fstab')).filter(
    ({ type, options: given }) => type === 'swap' && !given.includes('noauto'),
  )
  const all = has(options, 'a')
  let code = 0
  for (const path of all ? fstab.map(({ device }) => device) : options.rest) {
    const stat = yield* p.stat(path)
    if ('error' in stat) code = yield* say(p, `swapon: cannot open ${path}: No such file or directory\n`, 255)
    else if ((yield* swapsNow(p)).some((swap) => swap.path === path)) {
      if (!all) code = yield* say(p, `swapon: ${path}: swapon failed: Device or resource busy\n`, 255)
    } else {
      const made: Swap = { path, kind: 'file', sizeKib: swapKib(stat.size) }
      yield* p.writeFile('/proc/swaps', makeSwaps([...(yield* swapsNow(p)), made]))
    }
  }
  return code
}

const swapoff: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['a', 'all', 'v'], alias: { all: 'a' } })
  if (p.user !== 'root') return yield* say(p, 'swapoff: Not superuser.\n', 16)
  const now = yield* swapsNow(p)
  if (has(options, 'a')) {
    yield* p.writeFile('/proc/swaps', makeSwaps([]))
    return 0
  }
  for (const path of options.rest) {
    if (!now.some((swap) => swap.path === path))
      return yield* say(p, `swapoff: ${path}: swapoff failed: Invalid argument\n`, 4)
    yield* p.writeFile('/proc/swaps', makeSwaps(now.filter((swap) => swap.path !== path)))
  }
  return 0
}

const mkswap: Program = function* (argv, p) {
  const [path] = argv.slice(1).filter((word) => !word.startsWith('-'))
  const stat = path === undefined ? undefined : yield* p.stat(path)
  if (path === undefined || stat === undefined || 'error' in stat)
    return yield* say(p, `mkswap: cannot open ${path ?? ''}: No such file or directory\n`)
  if (stat.mode & 0o077)
    yield* p.err(
      `mkswap: ${path}: insecure permissions ${(stat.mode & 0o7777).toString(8).padStart(4, '0')}, fix with: chmod 0600 ${path}\n`,
    )
  const gib = stat.size / 1024 ** 3
  yield* p.out(
    `Setting up swapspace version 1, size = ${gib >= 1 ? `${Number(gib.toFixed(1))} GiB` : `${Math.round(stat.size / 1024 ** 2)} MiB`} (${stat.size - 4096} bytes)\nno label, UUID=4a1c3d6e-7b0f-4c55-9a3e-2f1d8e6b9c70\n`,
  )
  return 0
}

// Files that take room

const UNIT: Record<string, number> = {
  '': 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
  KB: 1000,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
}

const fallocate: Program = function* (argv, p) {
  const options = parseOptions(argv, {
    flags: ['n', 'x', 'v', 'keep-size'],
    withValue: ['l', 'length', 'o'],
    alias: { length: 'l' },
  })
  const found = /^(\d+)([A-Za-z]*)$/.exec(valueOf(options, 'l') ?? '')
  const [path] = options.rest
  if (path === undefined) return yield* say(p, 'fallocate: no filename specified\n')
  if (valueOf(options, 'l') === undefined) return yield* say(p, 'fallocate: no length argument specified\n')
  const unit = UNIT[found?.[2] ?? ''] ?? UNIT[(found?.[2] ?? '').toUpperCase()]
  if (found === null || unit === undefined) return yield* say(p, 'fallocate: invalid length value specified\n')
  const done = (yield* p.ask('files.allocate', { path: absolute(p, path), bytes: Number(found[1]) * unit })) as {
    error?: 'ENOSPC' | 'EACCES' | 'ENOENT'
  }
  if (done.error === undefined) return 0
  return yield* say(
    p,
    done.error === 'ENOSPC'
      ? 'fallocate: fallocate failed: No space left on device\n'
      : `fallocate: cannot open ${path}: ${errnoText({ error: done.error })}\n`,
  )
}

const absolute = (p: Proc, path: string): string =>
  path.startsWith('/') ? path : `${p.cwd === '/' ? '' : p.cwd}/${path}`

// Mounts

interface MountLine {
  device: string
  path: string
  type: string
  options: string
}

function* mountsNow(p: Proc): Run<MountLine[]> {
  return (yield* textOf(p, '/proc/mounts'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [device = '', path = '', type = '', options = ''] = line.split(' ')
      return { device, path, type, options }
    })
}

const mount: Program = function* (argv, p) {
  const options = parseOptions(argv, {
    flags: ['a', 'all', 'l', 'v', 'r', 'w', 'bind', 'n', 'B'],
    withValue: ['t', 'o', 'types', 'options', 'L', 'U'],
    alias: { all: 'a', types: 't', options: 'o' },
  })
  const now = yield* mountsNow(p)
  if (options.rest.length === 0 && !has(options, 'a')) {
    const type = valueOf(options, 't')
    for (const one of now)
      if (type === undefined || type.split(',').includes(one.type))
        yield* p.out(`${one.device} on ${one.path} type ${one.type} (${one.options})\n`)
    return 0
  }
  if (p.user !== 'root')
    return yield* say(
      p,
      `mount: ${options.rest.at(-1) ?? ''}: must be superuser to use mount.\n       dmesg(1) may have more information after failed mount system call.\n`,
    )
  if (has(options, 'a')) {
    const missing = parseFstab(yield* textOf(p, '/etc/fstab')).filter(
      ({ path, type, options: given }) =>
        type !== 'swap' && path.startsWith('/') && !given.includes('noauto') && !now.some((one) => one.path === path),
    )
    for (const { device, path } of missing) yield* p.err(`mount: ${path}: not simulated: mounting ${device}\n`)
    return missing.length === 0 ? 0 : 32
  }
  const given = (valueOf(options, 'o') ?? '').split(',')
  const target = options.rest.at(-1) ?? ''
  if (given.includes('remount') && target === '/') {
    yield* p.ask('host.remount', { readOnly: given.includes('ro') })
    const text = (yield* textOf(p, '/proc/mounts')).replace(
      /^(\/dev\/vda1 \/ ext4 )r[ow]/m,
      `$1${given.includes('ro') ? 'ro' : 'rw'}`,
    )
    yield* p.ask('proc.write', { path: '/proc/mounts', text })
    return 0
  }
  return yield* say(p, `mount: not simulated: mounting ${options.rest.join(' on ')}\n`, 32)
}

const umount: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['l', 'f', 'a', 'v', 'R', 'n'], withValue: ['t'] })
  const now = yield* mountsNow(p)
  for (const path of options.rest) {
    const found = now.find((one) => one.path === path || one.device === path)
    if (found === undefined)
      return yield* say(
        p,
        'error' in (yield* p.stat(path))
          ? `umount: ${path}: no mount point specified.\n`
          : `umount: ${path}: not mounted.\n`,
        32,
      )
    return yield* say(
      p,
      ['/', '/run', '/proc', '/sys', '/dev/shm'].includes(found.path)
        ? `umount: ${path}: target is busy.\n`
        : `umount: not simulated: unmounting ${path}\n`,
      32,
    )
  }
  return 0
}

/** The mount that a path is on: the longest that holds it. */
function mountOf(all: readonly MountLine[], path: string): string {
  const holds = (mount: string): boolean => mount === '/' || path === mount || path.startsWith(`${mount}/`)
  return all.reduce((best, one) => (holds(one.path) && one.path.length > best.length ? one.path : best), '/')
}

const findmnt: Program = function* (argv, p) {
  const options = parseOptions(argv, {
    flags: ['n', 'l', 'A', 'a', 'D', 'r', 's', 'noheadings'],
    withValue: ['t', 'o', 'T', 'S', 'target'],
    alias: { target: 'T' },
  })
  const all = yield* mountsNow(p)
  const under = valueOf(options, 'T')
  if (under !== undefined && 'error' in (yield* p.stat(under))) return 1
  const wanted = options.rest[0] ?? (under === undefined ? undefined : mountOf(all, absolute(p, under)))
  const type = valueOf(options, 't')
  const now = all.filter(
    (one) =>
      (wanted === undefined || one.path === wanted || one.device === wanted) &&
      (type === undefined || one.type === type),
  )
  if (now.length === 0) return 1
  const tree = wanted === undefined && type === undefined && !has(options, 'l')
  const sorted = tree
    ? [...now].sort((a, b) => Number(b.path === '/') - Number(a.path === '/') || (a.path < b.path ? -1 : 1))
    : now
  const below = sorted.filter(({ path }) => path !== '/')
  const rows = sorted.map((one) => [
    tree && one.path !== '/' ? `${one === below.at(-1) ? '└─' : '├─'}${one.path}` : one.path,
    one.device,
    one.type,
    one.options,
  ])
  const table = columns([['TARGET', 'SOURCE', 'FSTYPE', 'OPTIONS'], ...rows], { gap: 1 })
  yield* p.out(lines(has(options, 'n') ? table.slice(1) : table))
  return 0
}

const mountpoint: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['q', 'd', 'x'] })
  const [path = ''] = options.rest
  const is = (yield* mountsNow(p)).some((one) => one.path === (path.replace(/\/+$/, '') || '/'))
  if (!has(options, 'q')) yield* p.out(`${path} is ${is ? '' : 'not '}a mountpoint\n`)
  return is ? 0 : 32
}

const lsblk: Program = function* (argv, p) {
  const options = parseOptions(argv, {
    flags: ['f', 'a', 'p', 'n', 'l', 'd', 'fs', 'J', 'm'],
    withValue: ['o'],
    alias: { fs: 'f' },
  })
  if (has(options, 'o') || has(options, 'J') || has(options, 'm'))
    return yield* say(p, 'not simulated: lsblk -o, -J and -m\n')
  const { capacity } = (yield* p.ask('host.facts')) as HostFactsAnswer
  const gib = Math.round(capacity.diskBytes / 1024 ** 3)
  if (has(options, 'f')) {
    yield* p.out(
      'NAME    FSTYPE FSVER LABEL           UUID                                 FSAVAIL FSUSE% MOUNTPOINTS\nvda                                                                                      \n├─vda1  ext4   1.0   cloudimg-rootfs 5c1f7d2e-9a41-4f0c-8b27-6f0b2c9d1e33                /\n├─vda14                                                                                  \n└─vda15 vfat   FAT32 UEFI            2B6A-11F0                                           /boot/efi\n',
    )
    return 0
  }
  yield* p.out(
    `NAME    MAJ:MIN RM  SIZE RO TYPE MOUNTPOINTS\nvda     253:0    0${`${gib}G`.padStart(5)}  0 disk \n├─vda1  253:1    0${`${gib - 1}G`.padStart(5)}  0 part /\n├─vda14 253:14   0    4M  0 part \n└─vda15 253:15   0  106M  0 part /boot/efi\n`,
  )
  return 0
}

const blkid: Program = function* (_argv, p) {
  if (p.user !== 'root') return 2
  yield* p.out(
    '/dev/vda1: LABEL="cloudimg-rootfs" UUID="5c1f7d2e-9a41-4f0c-8b27-6f0b2c9d1e33" BLOCK_SIZE="4096" TYPE="ext4" PARTUUID="7d0f2a54-6f1e-4c80-9d4b-0f7f5f0d7a01"\n/dev/vda15: LABEL_FATBOOT="UEFI" LABEL="UEFI" UUID="2B6A-11F0" BLOCK_SIZE="512" TYPE="vfat" PARTUUID="1b6c8f90-33a7-4b43-8a55-7e8f6f0a1c02"\n',
  )
  return 0
}

// The machine

const lscpu: Program = function* (_argv, p) {
  const { capacity } = (yield* p.ask('host.facts')) as HostFactsAnswer
  const row = (name: string, text: string): string => `${`${name}:`.padEnd(34)}${text}\n`
  yield* p.out(
    [
      row('Architecture', 'x86_64'),
      row('  CPU op-mode(s)', '32-bit, 64-bit'),
      row('  Byte Order', 'Little Endian'),
      row('CPU(s)', String(capacity.cpus)),
      row('  On-line CPU(s) list', capacity.cpus === 1 ? '0' : `0-${capacity.cpus - 1}`),
      row('Vendor ID', 'GenuineIntel'),
      row('  Model name', 'Intel Xeon Processor (Icelake)'),
      row('    Thread(s) per core', '1'),
      row('    Core(s) per socket', '1'),
      row('    Socket(s)', String(capacity.cpus)),
      row('Virtualization features', ''),
      row('  Hypervisor vendor', 'KVM'),
      row('  Virtualization type', 'full'),
    ].join(''),
  )
  return 0
}

const dmesg: Program = function* (argv, p) {
  const options = parseOptions(argv, {
    flags: ['T', 'w', 'H', 'x', 'k', 'e', 't', 'c', 'C', 'ctime'],
    withValue: ['l', 'f', 'n', 'level'],
    alias: { ctime: 'T' },
  })
  if (p.user !== 'root') return yield* say(p, 'dmesg: read kernel buffer failed: Operation not permitted\n')
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  const journal = (yield* p.ask('journal.read', { query: { kernel: true, bootId: facts.bootId } })) as {
    lines?: { atMs: number; text: string }[]
  }
  for (const { atMs, text } of journal.lines ?? []) {
    const seconds = Math.max(0, (atMs - facts.bootedAtClockMs) / 1000)
    const stamp = has(options, 'T')
      ? `[${new Date(atMs).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) (\S+).*$/, '$1 $3 $2 $5 $4')}]`
      : `[${seconds.toFixed(6).padStart(12)}]`
    yield* p.out(has(options, 't') ? `${text}\n` : `${stamp} ${text}\n`)
  }
  return 0
}

export const kernelPrograms = {
  sysctl,
  lsmod,
  modprobe,
  rmmod,
  insmod: modprobe,
  swapon,
  swapoff,
  mkswap,
  fallocate,
  mount,
  umount,
  findmnt,
  mountpoint,
  lsblk,
  blkid,
  lscpu,
  dmesg,
}
