/** Finds the program that an argv stands for. Models execvp(3) and `#!` lines. */
import { parseBinary } from '../binary.ts'
import { allows } from '../files.ts'
import type { Actor, FileTree } from '../files.ts'
import type { Program } from '../process.ts'

export type Found = { program: string; argv: string[]; path: string } | { error: 'ENOENT' | 'EACCES' }

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

interface Where {
  tree: FileTree
  actor: Actor
  cwd: string
  path?: string
}

/** The executable of a command name: as it is when it holds a slash, else along PATH. */
export function findExecutable(where: Where, name: string): { path: string } | { error: 'ENOENT' | 'EACCES' } {
  if (name.includes('/')) {
    const path = name.startsWith('/') ? name : `${where.cwd === '/' ? '' : where.cwd}/${name}`
    const node = where.tree.node(path, where.actor)
    if (node === undefined) return { error: 'ENOENT' }
    return node.kind === 'file' && allows(node, where.actor, 1) ? { path } : { error: 'EACCES' }
  }
  let denied = false
  for (const directory of (where.path ?? DEFAULT_PATH).split(':')) {
    const path = `${directory === '' ? where.cwd : directory}/${name}`
    const node = where.tree.node(path, where.actor)
    if (node?.kind !== 'file') continue
    if (allows(node, where.actor, 1)) return { path }
    denied = true
  }
  return { error: denied ? 'EACCES' : 'ENOENT' }
}

/** The program of an argv; a script gets the interpreter of its first line, or `sh`. */
export function findProgram(where: Where, argv: string[], depth = 0): Found {
  const [name = '', ...rest] = argv
  const found = findExecutable(where, name)
  if ('error' in found) return found
  const node = where.tree.node(found.path, where.actor)
  if (node?.program !== undefined) return { program: node.program, argv, path: found.path }
  const binary = parseBinary(node?.text ?? '')
  if (binary !== undefined) return { program: binary.program, argv, path: found.path }
  if (depth > 4) return { error: 'EACCES' }
  const interpreter = /^#!\s*(\S+)[ \t]*([^\n]*)/.exec(node?.text ?? '')
  const words =
    interpreter === null
      ? ['/bin/sh']
      : [
          interpreter[1] ?? '',
          ...(interpreter[2] ?? '')
            .trim()
            .split(/\s+/)
            .filter((word) => word !== ''),
        ]
  if (words[0]?.endsWith('/env') && words.length > 1) words.shift()
  const script = name.includes('/') ? name : found.path
  return findProgram(where, [...words, script, ...rest], depth + 1)
}

/** Stands in for a program that is installed on the host's disk but that nobody wrote. */
export function unwritten(name: string): Program {
  return function* (_argv, p) {
    yield* p.err(`${name}: not simulated: this program\n`)
    return 126
  }
}
