/** cp, mv, rm, mkdir, rmdir, touch, ln, chmod, chown, stat, file, pwd, df, du: coreutils on files (Q7, Q9). */
import { isBinary, letterOfByte } from '../bytes.ts'
import type { Errno, FileStat, Proc, Program, Run } from '../process.ts'
import type { HostFactsAnswer } from '../syscalls/host.ts'
import { idsOf, nameOf } from './identity.ts'
import { ls, modeText } from './ls.ts'
import { has, parseOptions, valueOf } from './options.ts'
import type { Options, OptionSpec } from './options.ts'
import { columns, errnoText, humanSize } from './text.ts'

type Body = (options: Options, p: Proc, name: string) => Run<number>

/** A coreutils command: its options are read, and unknown ones refused, the same way in all. */
function command(spec: OptionSpec, body: Body, needs = 0): Program {
  return function* (argv, p) {
    const name = (argv[0] ?? '').split('/').at(-1) ?? ''
    const options = parseOptions(argv, spec)
    if (options.unknown !== undefined) {
      const long = options.unknown.startsWith('--')
      return yield* say(
        p,
        `${name}: ${long ? 'unrecognized option' : 'invalid option --'} '${long ? options.unknown : options.unknown.slice(1)}'\nTry '${name} --help' for more information.\n`,
      )
    }
    if (options.rest.length < needs)
      return yield* say(
        p,
        `${name}: missing ${needs > 1 && options.rest.length > 0 ? `operand after ‘${options.rest[0]}’` : 'operand'}\nTry '${name} --help' for more information.\n`,
      )
    return yield* body(options, p, name)
  }
}

function* say(p: Proc, text: string): Run<number> {
  yield* p.err(text)
  return 1
}

/** Runs a step for each operand; the exit code is 1 when one failed. */
function* each(paths: readonly string[], step: (path: string) => Run<number>): Run<number> {
  let code = 0
  for (const path of paths) code = (yield* step(path)) || code
  return code
}

function baseOf(path: string): string {
  return path.replace(/\/+$/, '').split('/').at(-1) || '/'
}

function under(directory: string, name: string): string {
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`
}

function* isDirectory(p: Proc, path: string): Run<boolean> {
  const stat = yield* p.stat(path)
  return !('error' in stat) && stat.kind === 'directory'
}

/** Sources and where each goes; undefined after a complaint. */
function* destinations(p: Proc, name: string, options: Options): Run<[from: string, to: string][] | undefined> {
  const given = valueOf(options, 't')
  const sources = given === undefined ? options.rest.slice(0, -1) : options.rest
  const target = given ?? options.rest.at(-1) ?? ''
  if (sources.length === 0) {
    yield* p.err(
      `${name}: missing destination file operand after '${target}'\nTry '${name} --help' for more information.\n`,
    )
    return undefined
  }
  const into = !has(options, 'T') && (yield* isDirectory(p, target))
  if (sources.length > 1 && !into) {
    yield* p.err(`${name}: target '${target}': No such file or directory\n`)
    return undefined
  }
  return sources.map((source) => [source, into ? under(target, baseOf(source)) : target])
}

const CP: OptionSpec = {
  flags: ['r', 'R', 'a', 'f', 'p', 'v', 'n', 'i', 'u', 'T', 'd', 'L', 'P', 'recursive', 'archive', 'force', 'verbose'],
  withValue: ['t'],
  alias: { R: 'r', recursive: 'r', archive: 'a', force: 'f', verbose: 'v' },
}

const cp = command(
  CP,
  function* (options, p) {
    const pairs = yield* destinations(p, 'cp', options)
    if (pairs === undefined) return 1
    let code = 0
    for (const [from, to] of pairs) {
      const stat = yield* p.stat(from)
      const deep = has(options, 'r') || has(options, 'a')
      if ('error' in stat) code = yield* say(p, `cp: cannot stat '${from}': ${errnoText(stat)}\n`)
      else if (stat.kind === 'directory' && !deep)
        code = yield* say(p, `cp: -r not specified; omitting directory '${from}'\n`)
      else if ((yield* keeps(p, 'cp', to, options)) === true) continue
      else code = (yield* copy(p, from, to, options)) || code
    }
    return code
  },
  1,
)

/** Whether what stands in the way stays: by -n, or because somebody who was asked did not say yes. */
function* keeps(p: Proc, name: string, to: string, options: Options): Run<boolean> {
  if (!has(options, 'n') && (!has(options, 'i') || has(options, 'f'))) return false
  const there = yield* p.stat(to)
  if ('error' in there || there.kind === 'directory') return false
  return has(options, 'n') || !(yield* agrees(p, `${name}: overwrite '${to}'? `))
}

/** Asks on stderr; an answer that begins with y is a yes. */
function* agrees(p: Proc, question: string): Run<boolean> {
  yield* p.err(question)
  return /^[yY]/.test((yield* p.readLine()) ?? '')
}

function* copy(p: Proc, from: string, to: string, options: Options): Run<number> {
  const stat = yield* p.stat(from, { followLinks: !has(options, 'a') && !has(options, 'd') })
  if ('error' in stat) return yield* say(p, `cp: cannot stat '${from}': ${errnoText(stat)}\n`)
  if (stat.kind === 'symlink')
    return yield* report(p, yield* p.symlink(stat.target ?? '', to), `cp: cannot create symbolic link '${to}'`)
  if (stat.kind === 'directory') return yield* copyDirectory(p, from, to, stat, options)
  const file = yield* p.readFile(from)
  if ('error' in file) return yield* say(p, `cp: cannot open '${from}' for reading: ${errnoText(file)}\n`)
  const written = yield* p.writeFile(to, file.text, { mode: stat.mode })
  if ('error' in written) return yield* say(p, `cp: cannot create regular file '${to}': ${errnoText(written)}\n`)
  if (has(options, 'p') || has(options, 'a')) yield* preserve(p, to, stat)
  if (has(options, 'v')) yield* p.out(`'${from}' -> '${to}'\n`)
  return 0
}

function* copyDirectory(p: Proc, from: string, to: string, stat: FileStat, options: Options): Run<number> {
  if (!(yield* isDirectory(p, to))) {
    const made = yield* p.mkdir(to, { mode: stat.mode })
    if ('error' in made) return yield* say(p, `cp: cannot create directory '${to}': ${errnoText(made)}\n`)
  }
  const listed = yield* p.list(from)
  if ('error' in listed) return yield* say(p, `cp: cannot access '${from}': ${errnoText(listed)}\n`)
  return yield* each(listed.names, (name) => copy(p, under(from, name), under(to, name), options))
}

function* preserve(p: Proc, path: string, stat: FileStat): Run<void> {
  yield* p.chmod(path, stat.mode)
  yield* p.chown(path, stat.owner, stat.group)
}

function* report(p: Proc, done: { ok: true } | Errno, what: string): Run<number> {
  return 'error' in done ? yield* say(p, `${what}: ${errnoText(done)}\n`) : 0
}

const mv = command(
  { flags: ['f', 'n', 'i', 'v', 'u', 'T'], withValue: ['t'] },
  function* (options, p) {
    const pairs = yield* destinations(p, 'mv', options)
    if (pairs === undefined) return 1
    let code = 0
    for (const [from, to] of pairs) {
      const stat = yield* p.stat(from, { followLinks: false })
      if ('error' in stat) code = yield* say(p, `mv: cannot stat '${from}': ${errnoText(stat)}\n`)
      else if ((yield* keeps(p, 'mv', to, options)) === true) continue
      else code = (yield* report(p, yield* p.rename(from, to), `mv: cannot move '${from}' to '${to}'`)) || code
      if (has(options, 'v') && code === 0) yield* p.out(`renamed '${from}' -> '${to}'\n`)
    }
    return code
  },
  1,
)

const RM: OptionSpec = {
  flags: ['r', 'R', 'f', 'i', 'v', 'd', 'recursive', 'force', 'no-preserve-root', 'verbose'],
  alias: { R: 'r', recursive: 'r', force: 'f', verbose: 'v' },
}

const rm = command(RM, function* (options, p) {
  if (options.rest.length === 0 && !has(options, 'f'))
    return yield* say(p, "rm: missing operand\nTry 'rm --help' for more information.\n")
  return yield* each(options.rest, function* (path) {
    const stat = yield* p.stat(path, { followLinks: false })
    if ('error' in stat)
      return has(options, 'f') && stat.error === 'ENOENT'
        ? 0
        : yield* say(p, `rm: cannot remove '${path}': ${errnoText(stat)}\n`)
    if (/^\/+$/.test(path))
      return yield* say(
        p,
        "rm: it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe\n",
      )
    if (stat.kind === 'directory' && !has(options, 'r') && !has(options, 'd'))
      return yield* say(p, `rm: cannot remove '${path}': Is a directory\n`)
    const what = stat.kind === 'symlink' ? 'symbolic link' : kindText(stat)
    if (has(options, 'i') && !has(options, 'f') && !(yield* agrees(p, `rm: remove ${what} '${path}'? `))) return 0
    const done = yield* p.remove(path, { recursive: has(options, 'r') })
    if ('error' in done && done.error === 'EACCES' && (yield* isOthersInSticky(p, path, stat)))
      return yield* say(p, `rm: cannot remove '${path}': Operation not permitted\n`)
    const code = yield* report(p, done, `rm: cannot remove '${path}'`)
    if (code === 0 && has(options, 'v'))
      yield* p.out(`removed ${stat.kind === 'directory' ? 'directory ' : ''}'${path}'\n`)
    return code
  })
})

/** Whether the sticky bit of its directory keeps it from all but its owner. */
function* isOthersInSticky(p: Proc, path: string, { owner }: FileStat): Run<boolean> {
  const folder = yield* p.stat(path.replace(/\/*$/, '').replace(/\/?[^/]*$/, '') || (path.startsWith('/') ? '/' : '.'))
  return !('error' in folder) && (folder.mode & 0o1000) !== 0 && owner !== p.user
}

const mkdir = command(
  {
    flags: ['p', 'v', 'parents', 'verbose'],
    withValue: ['m', 'mode'],
    alias: { parents: 'p', verbose: 'v', mode: 'm' },
  },
  function* (options, p) {
    const mode = valueOf(options, 'm')
    return yield* each(options.rest, function* (path) {
      const code = yield* report(
        p,
        yield* p.mkdir(path, {
          parents: has(options, 'p'),
          ...(mode === undefined ? {} : { mode: parseInt(mode, 8) }),
        }),
        `mkdir: cannot create directory ‘${path}’`,
      )
      if (code === 0 && has(options, 'v')) yield* p.out(`mkdir: created directory '${path}'\n`)
      return code
    })
  },
  1,
)

const rmdir = command(
  { flags: ['p', 'v'] },
  function* (options, p) {
    return yield* each(options.rest, function* (path) {
      if (!(yield* isDirectory(p, path))) {
        const stat = yield* p.stat(path)
        return yield* say(
          p,
          `rmdir: failed to remove '${path}': ${'error' in stat ? errnoText(stat) : 'Not a directory'}\n`,
        )
      }
      return yield* report(p, yield* p.remove(path), `rmdir: failed to remove '${path}'`)
    })
  },
  1,
)

const touch = command(
  { flags: ['a', 'm', 'c', 'no-create'], withValue: ['d', 't', 'r'], alias: { 'no-create': 'c' } },
  function* (options, p) {
    const when = valueOf(options, 'd')
    const at =
      when === undefined
        ? yield* p.now()
        : Date.parse(/Z|UTC|[+-]\d\d:?\d\d$/.test(when) ? when : `${when.replace(' ', 'T')}Z`)
    if (Number.isNaN(at)) return yield* say(p, `touch: invalid date format ‘${when}’\n`)
    return yield* each(options.rest, function* (path) {
      const there = yield* p.stat(path)
      if ('error' in there && has(options, 'c')) return 0
      const done =
        'error' in there
          ? yield* p.writeFile(path, '')
          : ((yield* p.ask('files.setTime', { path: yield* absolute(p, path), mtimeMs: at })) as { ok: true } | Errno)
      return yield* report(p, done, `touch: ${'error' in there ? 'cannot touch' : 'setting times of'} '${path}'`)
    })
  },
  1,
)

/** The path from the root; relative ones start in the working directory. */
function* absolute(p: Proc, path: string): Run<string> {
  return path.startsWith('/') ? path : under(p.cwd, path)
}

const ln = command(
  { flags: ['s', 'f', 'n', 'v', 'T', 'symbolic', 'force'], alias: { symbolic: 's', force: 'f' } },
  function* (options, p) {
    if (!has(options, 's')) return yield* say(p, 'not simulated: ln without -s (hard links)\n')
    const [target = '', given] = options.rest
    const link =
      given === undefined
        ? baseOf(target)
        : !has(options, 'n') && (yield* isDirectory(p, given))
          ? under(given, baseOf(target))
          : given
    if (has(options, 'f')) yield* p.remove(link)
    return yield* report(p, yield* p.symlink(target, link), `ln: failed to create symbolic link '${link}'`)
  },
  1,
)

/** `755`, `u+x`, `go-rwx`, `a=r`: the new mode; undefined: not a mode. */
export function parseMode(text: string, mode: number, directory: boolean): number | undefined {
  if (/^[0-7]{1,4}$/.test(text)) return parseInt(text, 8)
  let result = mode
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(clause)
    if (match === null) return undefined
    const [, who = '', op, what = ''] = match
    const classes = who === '' || who.includes('a') ? 'ugo' : who
    let bits = 0
    for (const letter of what) {
      const bit = letter === 'X' ? (directory || (mode & 0o111) !== 0 ? 1 : 0) : ({ r: 4, w: 2, x: 1 }[letter] ?? 0)
      for (const one of classes) bits |= bit << ({ u: 6, g: 3, o: 0 }[one] ?? 0)
      if (letter === 't') bits |= 0o1000
      if (letter === 's' && classes.includes('u')) bits |= 0o4000
    }
    const mask = [...classes].reduce((sum, one) => sum | (7 << ({ u: 6, g: 3, o: 0 }[one] ?? 0)), 0)
    result = op === '+' ? result | bits : op === '-' ? result & ~bits : (result & ~mask) | bits
  }
  return result
}

/** Runs a step on a path and, when asked, on all below it. */
function* deep(p: Proc, path: string, recursive: boolean, step: (path: string) => Run<number>): Run<number> {
  const code = yield* step(path)
  if (!recursive || !(yield* isDirectory(p, path))) return code
  const listed = yield* p.list(path)
  if ('error' in listed) return 1
  return (yield* each(listed.names, (name) => deep(p, under(path, name), true, step))) || code
}

const chmod: Program = function* (argv, p) {
  const words = argv.map((word) => (/^-[rwx]+$/.test(word) ? `a${word}` : word))
  const options = parseOptions(words, { flags: ['R', 'v', 'c', 'f', 'recursive'], alias: { recursive: 'R' } })
  const [mode, ...paths] = options.rest
  if (mode === undefined || paths.length === 0)
    return yield* say(
      p,
      `chmod: missing operand${mode === undefined ? '' : ` after ‘${mode}’`}\nTry 'chmod --help' for more information.\n`,
    )
  if (parseMode(mode, 0, false) === undefined)
    return yield* say(p, `chmod: invalid mode: ‘${mode}’\nTry 'chmod --help' for more information.\n`)
  return yield* each(paths, (top) =>
    deep(p, top, has(options, 'R'), function* (path) {
      const stat = yield* p.stat(path)
      if ('error' in stat) return yield* say(p, `chmod: cannot access '${path}': ${errnoText(stat)}\n`)
      const done = yield* p.chmod(path, parseMode(mode, stat.mode, stat.kind === 'directory') ?? stat.mode)
      return 'error' in done
        ? yield* say(
            p,
            `chmod: changing permissions of '${path}': ${done.error === 'EACCES' ? 'Operation not permitted' : errnoText(done)}\n`,
          )
        : 0
    }),
  )
}

function owners(name: 'chown' | 'chgrp'): Program {
  return command(
    { flags: ['R', 'v', 'c', 'f', 'h', 'recursive'], alias: { recursive: 'R' } },
    function* (options, p) {
      const [spec = '', ...paths] = options.rest
      const [owner = '', group] = name === 'chgrp' ? ['', spec] : spec.split(/[:.]/)
      for (const [kind, file, who] of [
        ['user', '/etc/passwd', owner],
        ['group', '/etc/group', group ?? ''],
      ] as const) {
        const known = yield* p.readFile(file)
        if (
          who !== '' &&
          !/^\d+$/.test(who) &&
          'text' in known &&
          !known.text.split('\n').some((line) => line.startsWith(`${who}:`))
        )
          return yield* say(p, `${name}: invalid ${kind}: ‘${spec}’\n`)
      }
      const user = yield* nameOf(p, '/etc/passwd', owner)
      const team = group === '' ? user : group && (yield* nameOf(p, '/etc/group', group))
      return yield* each(paths, (top) =>
        deep(p, top, has(options, 'R'), function* (path) {
          const stat = yield* p.stat(path)
          if ('error' in stat) return yield* say(p, `${name}: cannot access '${path}': ${errnoText(stat)}\n`)
          const done = yield* p.chown(path, user === '' ? stat.owner : user, team)
          return 'error' in done
            ? yield* say(
                p,
                `${name}: changing ${name === 'chgrp' ? 'group' : 'ownership'} of '${path}': ${done.error === 'EACCES' ? 'Operation not permitted' : errnoText(done)}\n`,
              )
            : 0
        }),
      )
    },
    2,
  )
}

function statTime(ms: number): string {
  return `${new Date(ms).toISOString().replace('T', ' ').slice(0, 23)}000000 +0000`
}

const stat = command(
  { flags: ['L', 'f'], withValue: ['c', 'format', 'printf'], alias: { format: 'c' } },
  function* (options, p) {
    return yield* each(options.rest, function* (path) {
      const found = yield* p.stat(path, { followLinks: has(options, 'L') })
      if ('error' in found) return yield* say(p, `stat: cannot statx '${path}': ${errnoText(found)}\n`)
      const format = valueOf(options, 'c') ?? valueOf(options, 'printf')
      const ids = {
        uid: (yield* idsOf(p, '/etc/passwd'))(found.owner),
        gid: (yield* idsOf(p, '/etc/group'))(found.group),
      }
      yield* p.out(
        format === undefined
          ? makeStat(path, found, ids)
          : `${formatStat(format, path, found, ids)}${has(options, 'c') ? '\n' : ''}`,
      )
      return 0
    })
  },
  1,
)

function kindText({ kind, size }: FileStat): string {
  if (kind === 'directory') return 'directory'
  return kind === 'symlink' ? 'symbolic link' : size === 0 ? 'regular empty file' : 'regular file'
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8)
}

interface Ids {
  uid: string
  gid: string
}

function makeStat(path: string, found: FileStat, { uid, gid }: Ids): string {
  const blocks = Math.ceil(found.size / 4096) * 8
  const time = statTime(found.mtimeMs)
  return `  File: ${path}${found.target === undefined ? '' : ` -> ${found.target}`}\n  Size: ${String(found.size).padEnd(10)}\tBlocks: ${String(blocks).padEnd(10)} IO Block: 4096   ${kindText(found)}\nDevice: 253,1\tInode: 131073      Links: ${found.kind === 'directory' ? 2 : 1}\nAccess: (${octal(found.mode).padStart(4, '0')}/${modeText(found)})  Uid: (${uid.padStart(5)}/${found.owner.padStart(8)})   Gid: (${gid.padStart(5)}/${found.group.padStart(8)})\nAccess: ${time}\nModify: ${time}\nChange: ${time}\n Birth: ${time}\n`
}

function formatStat(format: string, path: string, found: FileStat, { uid, gid }: Ids): string {
  const parts: Record<string, string> = {
    a: octal(found.mode),
    A: modeText(found),
    n: path,
    s: String(found.size),
    U: found.owner,
    G: found.group,
    u: uid,
    g: gid,
    h: found.kind === 'directory' ? '2' : '1',
    f: ((found.kind === 'directory' ? 0o040000 : found.kind === 'symlink' ? 0o120000 : 0o100000) | found.mode).toString(
      16,
    ),
    x: statTime(found.mtimeMs),
    X: String(Math.floor(found.mtimeMs / 1000)),
    z: statTime(found.mtimeMs),
    Z: String(Math.floor(found.mtimeMs / 1000)),
    w: statTime(found.mtimeMs),
    W: String(Math.floor(found.mtimeMs / 1000)),
    b: String(Math.ceil(found.size / 4096) * 8),
    B: '512',
    o: '4096',
    F: kindText(found),
    y: statTime(found.mtimeMs),
    Y: String(Math.floor(found.mtimeMs / 1000)),
    N: `'${path}'${found.target === undefined ? '' : ` -> '${found.target}'`}`,
    '%': '%',
  }
  return format
    .replace(/%([aAnsUGugFhfxXyYzZwWbBoN%])/g, (_, letter: string) => parts[letter] ?? '')
    .replaceAll('\\n', '\n')
}

const file = command(
  { flags: ['b', 'L', 'i'] },
  function* (options, p) {
    return yield* each(options.rest, function* (path) {
      const found = yield* p.stat(path, { followLinks: false })
      const what = 'error' in found ? `cannot open \`${path}' (${errnoText(found)})` : yield* describe(p, path, found)
      yield* p.out(has(options, 'b') ? `${what}\n` : `${path}: ${what}\n`)
      return 0
    })
  },
  1,
)

function* describe(p: Proc, path: string, found: FileStat): Run<string> {
  if (found.kind === 'directory') return 'directory'
  if (found.kind === 'symlink') return `symbolic link to ${found.target}`
  if (found.size === 0) return 'empty'
  const read = yield* p.readFile(path)
  if ('error' in read) return `regular file, no read permission`
  if (read.text.startsWith('\x7fELF'))
    return 'ELF 64-bit LSB pie executable, x86-64, version 1 (SYSV), dynamically linked, stripped'
  if (read.text.startsWith('#!'))
    return `${/bash/.test(read.text.split('\n')[0] ?? '') ? 'Bourne-Again' : 'POSIX'} shell script, ASCII text executable`
  if (/^-----BEGIN CERTIFICATE/.test(read.text)) return 'PEM certificate'
  if (/^\s*[{[]/.test(read.text)) return 'JSON text data'
  if (read.text.startsWith('\x1f' + letterOfByte(0x8b))) return 'gzip compressed data'
  if (read.text.includes('\0') || isBinary(read.text)) return 'data'
  // eslint-disable-next-line no-control-regex
  return /[^\x00-\x7f]/.test(read.text) ? 'Unicode text, UTF-8 text' : 'ASCII text'
}

const pwd: Program = function* (_argv, p) {
  yield* p.out(`${p.cwd}\n`)
  return 0
}

/** Size of a path with all below it, in blocks of 4 KiB. */
function* sizeBelow(
  p: Proc,
  path: string,
  tell: (path: string, bytes: number, depth: number, directory: boolean) => Run<void>,
  depth = 0,
): Run<number> {
  const found = yield* p.stat(path, { followLinks: false })
  if ('error' in found) return 0
  let bytes = found.kind === 'directory' ? 4096 : Math.ceil(found.size / 4096) * 4096
  if (found.kind === 'directory') {
    const listed = yield* p.list(path)
    if ('error' in listed) yield* p.err(`du: cannot read directory '${path}': ${errnoText(listed)}\n`)
    else for (const name of listed.names) bytes += yield* sizeBelow(p, under(path, name), tell, depth + 1)
  }
  yield* tell(path, bytes, depth, found.kind === 'directory')
  return bytes
}

const du = command(
  {
    flags: ['s', 'h', 'a', 'c', 'k', 'm', 'x', 'summarize', 'human-readable'],
    withValue: ['d', 'max-depth'],
    alias: { summarize: 's', 'human-readable': 'h', 'max-depth': 'd' },
  },
  function* (options, p) {
    const limit = has(options, 's') ? 0 : Number(valueOf(options, 'd') ?? Infinity)
    const show = (bytes: number): string =>
      has(options, 'h') ? humanSize(bytes) : String(Math.ceil(bytes / (has(options, 'm') ? 1_048_576 : 1024)))
    let total = 0
    const code = yield* each(options.rest.length === 0 ? ['.'] : options.rest, function* (path) {
      const found = yield* p.stat(path, { followLinks: false })
      if ('error' in found) return yield* say(p, `du: cannot access '${path}': ${errnoText(found)}\n`)
      total += yield* sizeBelow(p, path, function* (at, bytes, depth, directory) {
        if (depth <= limit && (depth === 0 || directory || has(options, 'a'))) yield* p.out(`${show(bytes)}\t${at}\n`)
      })
      return 0
    })
    if (has(options, 'c')) yield* p.out(`${show(total)}\ttotal\n`)
    return code
  },
)

const df = command(
  {
    flags: ['h', 'H', 'T', 'i', 'k', 'm', 'a', 'human-readable'],
    withValue: ['t', 'x'],
    alias: { 'human-readable': 'h' },
  },
  function* (options, p) {
    if (has(options, 'i')) return yield* dfInodes(options, p)
    const types = has(options, 'T')
    const { disk, capacity } = (yield* p.ask('host.facts')) as HostFactsAnswer
    const size = (bytes: number): string =>
      has(options, 'h') ? (bytes === 0 ? '0' : humanSize(bytes)) : String(Math.ceil(bytes / 1024))
    const row = (name: string, total: number, used: number, where: string): string[] => [
      name,
      size(total),
      size(used),
      size(total - used),
      `${total === 0 ? 0 : Math.ceil((used / total) * 100)}%`,
      where,
    ]
    const rows = [
      row('tmpfs', Math.round(capacity.memoryBytes / 10), 1_200_000, '/run'),
      row('/dev/vda1', disk.totalBytes, disk.usedBytes, '/'),
      row('tmpfs', Math.round(capacity.memoryBytes / 2), 0, '/dev/shm'),
    ]
    for (const path of options.rest)
      if ('error' in (yield* p.stat(path))) return yield* say(p, `df: ${path}: No such file or directory\n`)
    const kind = valueOf(options, 't')
    const excluded = valueOf(options, 'x')
    const typed = (name: string): string => (name === 'tmpfs' ? 'tmpfs' : 'ext4')
    const shown = (options.rest.length > 0 ? options.rest.map((path) => rowOf(rows, path)) : rows).filter(
      ([name = '']) => (kind === undefined || typed(name) === kind) && typed(name) !== excluded,
    )
    const head = [
      'Filesystem',
      has(options, 'h') ? 'Size' : '1K-blocks',
      'Used',
      has(options, 'h') ? 'Avail' : 'Available',
      'Use%',
      'Mounted on',
    ]
    const wide = [head, ...shown].map((cells, index) => [
      (cells[0] ?? '').padEnd(14),
      ...(types ? [index === 0 ? 'Type' : typed(cells[0] ?? '')] : []),
      (cells[1] ?? '').padStart(5),
      (cells[2] ?? '').padStart(5),
      (cells[3] ?? '').padStart(5),
      ...cells.slice(4),
    ])
    const first = types ? 2 : 1
    yield* p.out(
      columns(wide, { gap: 1, right: [first, first + 1, first + 2, first + 3] })
        .map((line) => `${line}\n`)
        .join(''),
    )
    return 0
  },
)

/** The row of the file system that a path lies on. */
function rowOf(rows: string[][], path: string): string[] {
  const below = rows.filter((row) => row.at(-1) !== '/' && `${path}/`.startsWith(`${row.at(-1)}/`))
  return below[0] ?? (rows.find((row) => row.at(-1) === '/') as string[])
}

/** Inodes: ext4 makes one for each 16 KiB. */
function* dfInodes(options: Options, p: Proc): Run<number> {
  const { disk, capacity } = (yield* p.ask('host.facts')) as HostFactsAnswer
  const row = (name: string, total: number, used: number, where: string): string[] => {
    const size = (count: number): string => (has(options, 'h') ? humanSize(count) : String(count))
    return [name.padEnd(14), size(total), size(used), size(total - used), `${Math.ceil((used / total) * 100)}%`, where]
  }
  const memory = Math.floor(capacity.memoryBytes / 8192)
  const rows = [
    row('tmpfs', memory, 812, '/run'),
    row('/dev/vda1', Math.floor(disk.totalBytes / 16_384), disk.inodesUsed, '/'),
    row('tmpfs', memory, 1, '/dev/shm'),
  ]
  const shown = options.rest.length > 0 ? options.rest.map((path) => rowOf(rows, path)) : rows
  const head = ['Filesystem'.padEnd(14), 'Inodes', 'IUsed', 'IFree', 'IUse%', 'Mounted on']
  yield* p.out(
    columns([head, ...shown], { gap: 1, right: [1, 2, 3, 4] })
      .map((line) => `${line}\n`)
      .join(''),
  )
  return 0
}

export const filePrograms = {
  ls,
  cp,
  mv,
  rm,
  mkdir,
  rmdir,
  touch,
  ln,
  chmod,
  chown: owners('chown'),
  chgrp: owners('chgrp'),
  stat,
  file,
  pwd,
  du,
  df,
}
