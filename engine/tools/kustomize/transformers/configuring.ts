/** What is said when a part of the kustomization file cannot be used: its text, then why. Models plugins/loader. */
import type { Run } from '../../../host/process.ts'
import { makeYaml } from '../../../objects/yaml.ts'
import { KustomizeError } from '../errors.ts'

export function* configuring<T>(kind: string, config: unknown, step: () => Run<T>): Run<T> {
  try {
    return yield* step()
  } catch (error) {
    if (!(error instanceof KustomizeError)) throw error
    throw error.wrapped(`trouble configuring builtin ${kind} with config: \`\n${makeYaml(config)}\``)
  }
}
