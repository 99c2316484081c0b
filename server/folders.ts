/** Where the parts of an installation are, whether it runs from its sources or from its bundle. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json. */
export function installationFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

export const webFolder = (): string => join(installationFolder(), 'dist', 'web')
export const scenariosFolder = (): string => join(installationFolder(), 'scenarios')
