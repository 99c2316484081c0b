/** The directories that systemd makes for a service before it starts. Models systemd.exec(5). Not modelled: their removal, modes. */
import { ROOT } from '../files.ts'
import type { FileTree } from '../files.ts'
import { value, values } from './unit-file.ts'
import type { UnitDefinition } from './unit-file.ts'

const DIRECTORIES = {
  RuntimeDirectory: '/run',
  StateDirectory: '/var/lib',
  LogsDirectory: '/var/log',
  CacheDirectory: '/var/cache',
}

export function makeDirectories(files: FileTree, definition: UnitDefinition): void {
  const owner = value(definition, 'Service.User') ?? 'root'
  for (const [key, base] of Object.entries(DIRECTORIES)) {
    const names = values(definition, `Service.${key}`).flatMap((line) => line.split(/\s+/))
    for (const name of names) if (name !== '') makeDirectory(files, `${base}/${name}`, owner)
  }
}

function makeDirectory(files: FileTree, path: string, owner: string): void {
  if (files.exists(path)) return
  files.mkdir(path, ROOT, { parents: true })
  if (owner !== 'root') files.chown(path, owner, owner)
}
