/** enable, disable, mask, link, preset, default target: symlinks in /etc/systemd/system. Models src/shared/install.c (Q1). */
import { ROOT, basename } from '../files.ts'
import type { FileTree } from '../files.ts'
import { canonicalName, loadUnit, values } from './unit-file.ts'
import type { UnitDefinition } from './unit-file.ts'

export const CONFIGURED = '/etc/systemd/system'

export type Linked =
  { lines: string[] } | { refused: 'not-found' | 'masked' | 'static' } | { exists: string } | { badPath: string }

const linkAt = (files: FileTree, path: string): string | undefined => {
  const found = files.stat(path, ROOT, { followLinks: false })
  return 'error' in found ? undefined : (found.target ?? '')
}

const words = (definition: UnitDefinition, key: string): string[] =>
  values(definition, `Install.${key}`).flatMap((line) => line.split(/\s+/).filter((word) => word !== ''))

function installLinks(definition: UnitDefinition): string[] {
  const targets = (key: string, suffix: string): string[] =>
    words(definition, key).map((target) => `${CONFIGURED}/${target}.${suffix}/${definition.name}`)
  const aliases = words(definition, 'Alias').map((alias) => `${CONFIGURED}/${alias}`)
  return [...aliases, ...targets('WantedBy', 'wants'), ...targets('RequiredBy', 'requires')]
}

/** `enabled`, `disabled`, `static`, `masked`, `linked`, `alias`, `not-found`. */
export function enabledState(files: FileTree, name: string, known?: UnitDefinition): string {
  const definition = known ?? loadUnit(files, name)
  if (definition.loadState === 'masked') return 'masked'
  if (definition.path === '') return 'not-found'
  if (canonicalName(files, name) !== name) return 'alias'
  if (installLinks(definition).some((link) => linkAt(files, link) !== undefined)) return 'enabled'
  if (linkAt(files, `${CONFIGURED}/${name}`)?.startsWith('/') === true) return 'linked'
  return ['WantedBy', 'RequiredBy', 'Alias', 'Also'].some((key) => words(definition, key).length > 0)
    ? 'disabled'
    : 'static'
}

/** Makes the links of [Install], those of Also= too. Returns the lines that systemctl prints. */
export function enable(files: FileTree, name: string, seen: readonly string[] = []): Linked {
  const definition = loadUnit(files, name)
  if (definition.loadState === 'masked') return { refused: 'masked' }
  if (definition.path === '') return { refused: 'not-found' }
  const links = installLinks(definition)
  const also = words(definition, 'Also').filter((other) => !seen.includes(other) && other !== name)
  if (links.length === 0 && also.length === 0) return { refused: 'static' }
  const lines: string[] = []
  for (const link of links) {
    if (linkAt(files, link) !== undefined) continue
    files.mkdir(link.slice(0, link.lastIndexOf('/')), ROOT, { parents: true })
    files.symlink(definition.path, link)
    lines.push(`Created symlink ${link} → ${definition.path}.`)
  }
  for (const other of also) {
    const more = enable(files, other, [...seen, name])
    if ('lines' in more) lines.push(...more.lines)
  }
  return { lines }
}

export function disable(files: FileTree, name: string): Linked {
  const definition = loadUnit(files, name)
  if (definition.path === '') return { refused: 'not-found' }
  const links = definition.loadState === 'masked' ? [] : installLinks(definition)
  const lines: string[] = []
  for (const link of [
    ...links,
    ...(enabledState(files, name, definition) === 'linked' ? [`${CONFIGURED}/${name}`] : []),
  ])
    if ('ok' in files.remove(link)) lines.push(`Removed "${link}".`)
  for (const other of words(definition, 'Also')) {
    const more = other === name ? { lines: [] } : disable(files, other)
    if ('lines' in more) lines.push(...more.lines)
  }
  return { lines }
}

export function mask(files: FileTree, name: string): Linked {
  const path = `${CONFIGURED}/${name}`
  const there = linkAt(files, path)
  if (there !== undefined) return there === '/dev/null' ? { lines: [] } : { exists: path }
  files.symlink('/dev/null', path)
  return { lines: [`Created symlink ${path} → /dev/null.`] }
}

export function unmask(files: FileTree, name: string): Linked {
  const path = `${CONFIGURED}/${name}`
  if (linkAt(files, path) !== '/dev/null') return { lines: [] }
  files.remove(path)
  return { lines: [`Removed "${path}".`] }
}

/** Makes a unit file from elsewhere known. */
export function link(files: FileTree, path: string): Linked {
  if (!path.startsWith('/')) return { badPath: path }
  if (!files.exists(path)) return { refused: 'not-found' }
  const at = `${CONFIGURED}/${basename(path)}`
  if (linkAt(files, at) !== undefined) return linkAt(files, at) === path ? { lines: [] } : { exists: at }
  files.symlink(path, at)
  return { lines: [`Created symlink ${at} → ${path}.`] }
}

/** Takes away drop-ins and overrides that an administrator made. */
export function revert(files: FileTree, name: string): Linked {
  const lines: string[] = []
  const directory = `${CONFIGURED}/${name}.d`
  const listed = files.list(directory)
  if ('names' in listed) {
    for (const file of listed.names) {
      files.remove(`${directory}/${file}`)
      lines.push(`Removed "${directory}/${file}".`)
    }
    files.remove(directory)
    lines.push(`Removed "${directory}".`)
  }
  const own = `${CONFIGURED}/${name}`
  const vendor = ['/usr/local/lib/systemd/system', '/usr/lib/systemd/system'].some((path) =>
    files.exists(`${path}/${name}`),
  )
  if (vendor && linkAt(files, own) !== undefined && 'ok' in files.remove(own)) lines.push(`Removed "${own}".`)
  return { lines }
}

/** The target that a boot starts. */
export function defaultTarget(files: FileTree): string {
  for (const path of [`${CONFIGURED}/default.target`, '/usr/lib/systemd/system/default.target']) {
    const target = linkAt(files, path)
    if (target !== undefined && target !== '') return basename(target)
  }
  return 'multi-user.target'
}

export function setDefault(files: FileTree, name: string): Linked {
  const definition = loadUnit(files, name)
  if (definition.path === '') return { refused: 'not-found' }
  const path = `${CONFIGURED}/default.target`
  const there = linkAt(files, path)
  if (there === definition.path) return { lines: [] }
  if (there !== undefined) files.remove(path)
  files.symlink(definition.path, path)
  const removed = there === undefined ? [] : [`Removed "${path}".`]
  return { lines: [...removed, `Created symlink ${path} → ${definition.path}.`] }
}
