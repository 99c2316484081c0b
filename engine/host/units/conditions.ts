/** Condition…= and Assert…= of [Unit]. Models systemd src/shared/condition.c for those about paths, hosts and kernel. */
import type { FileTree } from '../files.ts'
import { values } from './unit-file.ts'
import type { UnitDefinition } from './unit-file.ts'

export interface Unmet {
  kind: 'Condition' | 'Assert'
  /** `ConditionPathExists=/etc/x` */
  text: string
}

type Test = (files: FileTree, argument: string) => boolean

const stat = (files: FileTree, path: string, followLinks = true): ReturnType<FileTree['stat']> =>
  files.stat(path, undefined, { followLinks })

const TESTS: Record<string, Test> = {
  PathExists: (files, path) => files.exists(path),
  PathExistsGlob: (files, pattern) => {
    const slash = pattern.lastIndexOf('/')
    const listed = files.list(pattern.slice(0, slash) || '/')
    const shape = new RegExp(
      `^${pattern
        .slice(slash + 1)
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
    )
    return 'names' in listed && listed.names.some((name) => shape.test(name))
  },
  PathIsDirectory: (files, path) => files.node(path)?.kind === 'directory',
  PathIsSymbolicLink: (files, path) => {
    const found = stat(files, path, false)
    return !('error' in found) && found.kind === 'symlink'
  },
  DirectoryNotEmpty: (files, path) => {
    const listed = files.list(path)
    return 'names' in listed && listed.names.length > 0
  },
  FileNotEmpty: (files, path) => {
    const found = stat(files, path)
    return !('error' in found) && found.kind === 'file' && found.size > 0
  },
  FileIsExecutable: (files, path) => {
    const found = stat(files, path)
    return !('error' in found) && found.kind === 'file' && (found.mode & 0o111) !== 0
  },
  Host: (files, name) => files.text('/etc/hostname')?.trim() === name,
  Virtualization: (_files, kind) => ['yes', 'vm', 'kvm', 'true', '1'].includes(kind),
  Architecture: (_files, name) => name === 'x86-64',
  User: (_files, user) => user === 'root' || user === '0',
  KernelModuleLoaded: (files, name) =>
    (files.text('/proc/modules') ?? '').split('\n').some((line) => line.startsWith(`${name} `)),
}

/** The first condition or assertion that does not hold; one with `|` is enough if any such holds. */
export function unmet(files: FileTree, definition: UnitDefinition): Unmet | undefined {
  for (const kind of ['Condition', 'Assert'] as const) {
    const alternatives: { text: string; holds: boolean }[] = []
    for (const name of Object.keys(definition.settings)) {
      const test = name.startsWith(`Unit.${kind}`) ? TESTS[name.slice(`Unit.${kind}`.length)] : undefined
      if (test === undefined) continue
      for (const given of values(definition, name)) {
        const [, marks = '', argument = ''] = /^([|!\s]*)(.*)$/.exec(given) ?? []
        const holds = test(files, argument) !== marks.includes('!')
        const text = `${name.slice(5)}=${given}`
        if (marks.includes('|')) alternatives.push({ text, holds })
        else if (!holds) return { kind, text }
      }
    }
    const last = alternatives.at(-1)
    if (last !== undefined && !alternatives.some(({ holds }) => holds)) return { kind, text: last.text }
  }
  return undefined
}
