/** `kubectl completion` and `kubectl plugin list`. */
import type { Run } from '../../../host/process.ts'
import type { Command } from '../command.ts'
import scripts from '../completion.gen.json' with { type: 'json' }
import { CommandError, UsageError } from '../errors.ts'
import { pluginsIn, type FoundPlugin } from '../plugins.ts'

const SCRIPTS: Record<string, string> = scripts

export const completionCommand: Command = {
  path: 'completion',
  complete: 'none',
  *run(ctx): Run<void> {
    const [shell, ...more] = ctx.args
    if (shell === undefined) throw new UsageError('completion', 'Shell not specified.')
    if (more.length > 0) throw new UsageError('completion', 'Too many arguments. Expected only the shell type.')
    const script = SCRIPTS[shell]
    if (script === undefined) throw new UsageError('completion', `Unsupported shell type "${shell}".`)
    yield* ctx.p.out(script)
  },
}

export const pluginListCommand: Command = {
  path: 'plugin list',
  complete: 'none',
  *run(ctx): Run<void> {
    const { p, flags } = ctx
    const found: FoundPlugin[] = []
    const seen = new Map<string, string>()
    const directories = [...new Set((p.env.PATH ?? '').split(':').filter(Boolean))]
    for (const directory of directories) {
      const listed = yield* p.list(directory)
      if ('error' in listed)
        yield* p.err(
          `Unable to read directory "${directory}" from your PATH: open ${directory}: no such file or directory. Skipping...\n`,
        )
      else found.push(...(yield* pluginsIn(directory, listed.names, seen, p)))
    }
    if (found.length === 0) throw new CommandError('unable to find any kubectl plugins in your PATH')
    yield* p.out('The following compatible plugins are available:\n\n')
    for (const { path, warnings } of found) {
      yield* p.out(`${flags.bool('name-only') ? path.split('/').at(-1) : path}\n`)
      for (const warning of warnings) yield* p.err(`  - warning: ${warning}\n`)
    }
    const count = found.reduce((sum, { warnings }) => sum + warnings.length, 0)
    if (count === 1) throw new CommandError('one plugin warning was found')
    if (count > 1) throw new CommandError(`${count} plugin warnings were found`)
  },
}
