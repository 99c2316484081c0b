/** Redirections: what the descriptors of a command point to while it runs. */
import type { Errno, Run } from '../host/process.ts'
import type { Redirection } from './ast.ts'
import { expandString, expandWords } from './expand.ts'
import type { Shell } from './shell.ts'
import { setValue } from './variables.ts'

/** What to put back: descriptor → where it was saved, or null when it was closed. */
export type Saved = { fd: number; at: number | null }[]

const WORDS: Partial<Record<Errno['error'], string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  EROFS: 'Read-only file system',
  ENOSPC: 'No space left on device',
  ELOOP: 'Too many levels of symbolic links',
}

/** The usual words of an errno. */
export function errnoText(error: string): string {
  return (
    WORDS[error as Errno['error']] ??
    ({ EEXIST: 'File exists', ENOTEMPTY: 'Directory not empty', EINVAL: 'Invalid argument' } as Record<string, string>)[
      error
    ] ??
    error
  )
}

/** Applies redirections in order; undefined (and a message) when one fails. With `keep` they stay. */
export function* applyRedirections(
  sh: Shell,
  redirections: readonly Redirection[],
  options: { keep?: boolean } = {},
): Run<Saved | undefined> {
  const saved: Saved = []
  for (const redirection of redirections) {
    if (yield* applyOne(sh, redirection, saved, options.keep === true)) continue
    yield* restoreDescriptors(sh, saved)
    return undefined
  }
  return saved
}

export function* restoreDescriptors(sh: Shell, saved: Saved): Run<void> {
  for (const { fd, at } of saved.reverse()) {
    sh.saved--
    if (at === null) yield* close(sh, fd)
    else {
      yield* sh.p.ask('dup', { from: at, to: fd })
      yield* sh.p.closeFd(at)
    }
  }
  saved.length = 0
}

function* close(sh: Shell, fd: number): Run<void> {
  yield* sh.p.closeFd(fd)
  sh.state.openFds = sh.state.openFds.filter((other) => other !== fd)
}

function* point(sh: Shell, fd: number, from: number, saved: Saved, keep: boolean): Run<boolean> {
  if (!keep) {
    const at = 200 + sh.saved++
    const was = yield* sh.p.ask('dup', { from: fd, to: at })
    saved.push({ fd, at: was === true ? at : null })
  }
  if ((yield* sh.p.ask('dup', { from, to: fd })) !== true) {
    yield* sh.complain(`${from}: Bad file descriptor`)
    return false
  }
  if (fd > 2 && !sh.state.openFds.includes(fd)) sh.state.openFds.push(fd)
  return true
}

function* applyOne(sh: Shell, redirection: Redirection, saved: Saved, keep: boolean): Run<boolean> {
  const { operator, target } = redirection
  const input = operator.startsWith('<')
  let fd = redirection.fd ?? (input ? 0 : 1)
  if (redirection.fdVariable !== undefined) {
    fd = 20 + sh.state.openFds.length
    setValue(sh.state, redirection.fdVariable, String(fd))
  }
  if (target.type === 'HereDoc') {
    let text = target.quoted
      ? target.content.parts.map((part) => ('value' in part ? String(part.value) : '')).join('')
      : yield* expandString(sh, target.content)
    if (target.stripTabs) text = text.replace(/^\t+/gm, '')
    return yield* pointToText(sh, fd, text, saved, keep)
  }
  if (operator === '<<<') return yield* pointToText(sh, fd, `${yield* expandString(sh, target)}\n`, saved, keep)
  const names = yield* expandWords(sh, [target])
  const [name = ''] = names
  if (names.length !== 1) {
    yield* sh.complain(`${names.join(' ')}: ambiguous redirect`)
    return false
  }
  if (operator === '>&' || operator === '<&') return yield* duplicate(sh, fd, name, redirection, saved, keep)
  const opened = yield* open(sh, name, operator)
  if (opened === undefined) return false
  let ok = yield* point(sh, fd, opened, saved, keep)
  if (ok && (operator === '&>' || operator === '&>>')) ok = yield* point(sh, 2, opened, saved, keep)
  yield* sh.p.closeFd(opened)
  return ok
}

function* pointToText(sh: Shell, fd: number, text: string, saved: Saved, keep: boolean): Run<boolean> {
  const made = (yield* sh.p.ask('textFd', { text })) as { fd: number }
  const ok = yield* point(sh, fd, made.fd, saved, keep)
  yield* sh.p.closeFd(made.fd)
  return ok
}

function* duplicate(
  sh: Shell,
  fd: number,
  name: string,
  redirection: Redirection,
  saved: Saved,
  keep: boolean,
): Run<boolean> {
  if (name === '-') {
    if (!keep) {
      const at = 200 + sh.saved++
      const was = yield* sh.p.ask('dup', { from: fd, to: at })
      saved.push({ fd, at: was === true ? at : null })
    }
    yield* close(sh, fd)
    return true
  }
  if (/^\d+$/.test(name)) return yield* point(sh, fd, Number(name), saved, keep)
  if (redirection.operator === '>&' && redirection.fd === null) {
    const opened = yield* open(sh, name, '&>')
    if (opened === undefined) return false
    const ok = (yield* point(sh, 1, opened, saved, keep)) && (yield* point(sh, 2, opened, saved, keep))
    yield* sh.p.closeFd(opened)
    return ok
  }
  yield* sh.complain(`${name}: ambiguous redirect`)
  return false
}

function* open(sh: Shell, name: string, operator: string): Run<number | undefined> {
  const path = name.startsWith('/') ? name : `${sh.state.cwd}/${name}`
  if (operator === '>' && sh.state.options.noclobber) {
    const stat = yield* sh.p.stat(path)
    if ('kind' in stat && stat.kind === 'file' && !path.startsWith('/dev/')) {
      yield* sh.complain(`${name}: cannot overwrite existing file`)
      return undefined
    }
  }
  const mode = operator === '<' ? 'r' : operator === '>>' || operator === '&>>' || operator === '<>' ? 'a' : 'w'
  const opened = yield* sh.p.openFile(path, mode)
  if ('fd' in opened) return opened.fd
  const isPosix = /(^|\/)(sh|ash|dash)$/.test(sh.state.name)
  const what = !isPosix ? '' : mode === 'r' ? 'cannot open ' : 'cannot create '
  yield* sh.complain(
    `${what}${name}: ${isPosix && opened.error === 'ENOENT' ? (mode === 'r' ? 'No such file' : 'Directory nonexistent') : errnoText(opened.error)}`,
  )
  return undefined
}
