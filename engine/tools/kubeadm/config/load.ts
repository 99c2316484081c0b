/** A configuration file of the host. Models cmd/kubeadm/app/util/config (LoadInitConfigurationFromFile and kin). */
import type { Proc, Run } from '../../../host/process.ts'
import { KubeadmError } from '../errors.ts'
import { errnoText, warn } from '../session.ts'
import { readConfig } from './read.ts'
import type { LoadedConfig } from './types.ts'

/** Reads a file that must have a document of one of these kinds; tells its warnings. */
export function* loadConfig(p: Proc, path: string, minor: number, kinds: readonly string[]): Run<LoadedConfig> {
  const file = yield* p.readFile(path)
  if ('error' in file)
    throw new KubeadmError(`unable to read config from ${JSON.stringify(path)}: open ${path}: ${errnoText(file.error)}`)
  const { config, warnings, found } = readConfig(file.text, minor)
  for (const { place, text } of warnings) yield* warn(p, place, text)
  if (!found.some(({ kind }) => kinds.includes(kind)))
    throw new KubeadmError(`no ${kinds.join(' or ')} kind was found in the YAML file`)
  return config
}
