/** What a unit says about other units: settings, `.wants` and `.requires` directories. Models systemd.unit(5). */
import { basename } from '../files.ts'
import type { FileTree } from '../files.ts'
import { UNIT_PATHS, canonicalName, values } from './unit-file.ts'
import type { UnitDefinition } from './unit-file.ts'

export type Relation =
  | 'Requires'
  | 'Requisite'
  | 'Wants'
  | 'BindsTo'
  | 'PartOf'
  | 'Conflicts'
  | 'Before'
  | 'After'
  | 'OnFailure'
  | 'OnSuccess'

/** The units that a setting of a unit names, links of its `.wants` and `.requires` included. */
export function related(files: FileTree, definition: UnitDefinition, relation: Relation): string[] {
  const named = values(definition, `Unit.${relation}`).flatMap((line) =>
    line.split(/\s+/).filter((word) => word !== ''),
  )
  const suffix = relation === 'Wants' ? 'wants' : relation === 'Requires' ? 'requires' : undefined
  const linked = suffix === undefined ? [] : linksOf(files, `${definition.name}.${suffix}`)
  return [...new Set([...named, ...linked].map((name) => canonicalName(files, name)))]
}

function linksOf(files: FileTree, directory: string): string[] {
  const names = new Set<string>()
  for (const path of UNIT_PATHS) {
    const listed = files.list(`${path}/${directory}`)
    if ('names' in listed) for (const name of listed.names) names.add(basename(name))
  }
  return [...names].sort()
}

/** What a service or target needs, without which it does not start. */
export function needs(files: FileTree, definition: UnitDefinition): string[] {
  return [...new Set([...related(files, definition, 'Requires'), ...related(files, definition, 'BindsTo')])]
}

/** Whether `unit` waits with its start until `other` has started. A target comes after what it pulls in. */
export function isAfter(files: FileTree, unit: UnitDefinition, other: UnitDefinition): boolean {
  if (related(files, unit, 'After').includes(other.name)) return true
  if (related(files, other, 'Before').includes(unit.name)) return true
  if (!unit.name.endsWith('.target') || unit.settings['Unit.DefaultDependencies']?.at(-1) === 'no') return false
  const pulled = [...related(files, unit, 'Wants'), ...related(files, unit, 'Requires')].includes(other.name)
  return pulled && !related(files, other, 'After').includes(unit.name)
}
