/** Programs on PATH that extend kubectl: `kubectl foo bar-baz` runs `kubectl-foo-bar_baz`. Models kubectl/pkg/cmd/cmd.go HandlePluginCommand and kubectl/pkg/cmd/plugin. */
import type { Proc, Run } from '../../host/process.ts'
import { ExitError, PlainError } from './errors.ts'
import { subcommands } from './help.ts'

const PREFIX = 'kubectl-'

/** Runs the plugin that the words name, the longest name first; undefined when there is none. */
export function* runPlugin(words: string[], p: Proc, fewest = 1): Run<number | undefined> {
  const flag = words.findIndex((word) => word.startsWith('-'))
  const names = (flag < 0 ? words : words.slice(0, flag)).map((word) => word.replaceAll('-', '_'))
  if (names.length === 0) {
    if (flag < 0) return undefined
    return yield* misplaced(words, p)
  }
  for (let count = names.length; count >= fewest; count--) {
    const path = yield* lookUp(`${PREFIX}${names.slice(0, count).join('-')}`, p)
    if (path !== undefined) return yield* execute([path, ...words.slice(count)], p)
  }
  return undefined
}

function* lookUp(name: string, p: Proc): Run<string | undefined> {
  const found = (yield* p.ask('which', { name, path: p.env.PATH ?? '' })) as { path?: string } | undefined
  return found?.path
}

function* execute(argv: string[], p: Proc): Run<number> {
  const spawned = yield* p.spawn({ argv })
  if ('error' in spawned) throw new PlainError(`fork/exec ${argv[0]}: exec format error`)
  const code = yield* p.wait(spawned.pid)
  if (code !== 0) throw new ExitError(code)
  return 0
}

/** A flag stands before a name that only a plugin could have. */
function* misplaced(words: string[], p: Proc): Run<undefined> {
  const name = words.find((word) => !word.startsWith('-'))
  const isPlugin = name !== undefined && (yield* lookUp(`${PREFIX}${name.replaceAll('-', '_')}`, p)) !== undefined
  if (isPlugin) throw new PlainError(`Error: flags cannot be placed before plugin name: ${words[0]}`)
  return undefined
}

export interface FoundPlugin {
  path: string
  warnings: string[]
}

/** Every plugin of one directory of PATH, with what is wrong with it; `seen` remembers names across directories. */
export function* pluginsIn(directory: string, names: string[], seen: Map<string, string>, p: Proc): Run<FoundPlugin[]> {
  const found: FoundPlugin[] = []
  for (const name of names.filter((one) => one.startsWith(PREFIX))) {
    const path = `${directory}/${name}`
    const stat = yield* p.stat(path)
    if ('error' in stat || stat.kind === 'directory') continue
    found.push({ path, warnings: warningsOf(name, path, (stat.mode & 0o111) !== 0, seen) })
    if (!seen.has(name)) seen.set(name, path)
  }
  return found
}

function warningsOf(name: string, path: string, isExecutable: boolean, seen: Map<string, string>): string[] {
  const warnings: string[] = []
  const [command = ''] = name.slice(PREFIX.length).split('-')
  if (subcommands('').includes(command)) return [`${name} overwrites existing command: "kubectl ${command}"`]
  if (!isExecutable) warnings.push(`${path} identified as a kubectl plugin, but it is not executable`)
  const first = seen.get(name)
  if (first !== undefined) warnings.push(`${path} is overshadowed by a similarly named plugin: ${first}`)
  return warnings
}
