/** `kubectl completion` and `kubectl plugin list`. */
import type { Run } from '../../../host/process.ts'
import type { Command } from '../command.ts'
import { CommandError, notSimulated, UsageError } from '../errors.ts'

const SHELLS = ['bash', 'zsh', 'fish', 'powershell']

/** Sourcing it is enough: the shell of a host completes kubectl by itself. */
const BASH = `# bash completion V2 for kubectl                             -*- shell-script -*-
complete -o default -F __start_kubectl kubectl
`

export const completionCommand: Command = {
  path: 'completion',
  complete: 'none',
  *run(ctx): Run<void> {
    const [shell, ...more] = ctx.args
    if (shell === undefined) throw new UsageError('completion', 'Shell not specified.')
    if (more.length > 0) throw new UsageError('completion', 'Too many arguments. Expected only the shell type.')
    if (!SHELLS.includes(shell)) throw new UsageError('completion', `Unsupported shell type "${shell}".`)
    if (shell !== 'bash') throw notSimulated(`kubectl completion ${shell}`)
    yield* ctx.p.out(BASH)
  },
}

export const pluginListCommand: Command = {
  path: 'plugin list',
  complete: 'none',
  *run(ctx): Run<void> {
    const found: string[] = []
    for (const directory of (ctx.p.env.PATH ?? '').split(':').filter(Boolean)) {
      const listed = yield* ctx.p.list(directory)
      if ('error' in listed)
        yield* ctx.p.err(
          `Unable to read directory "${directory}" from your PATH: open ${directory}: no such file or directory. Skipping...\n`,
        )
      else found.push(...listed.names.filter((n) => n.startsWith('kubectl-')).map((n) => `${directory}/${n}`))
    }
    if (found.length === 0) throw new CommandError('unable to find any kubectl plugins in your PATH')
    yield* ctx.p.out(`The following compatible plugins are available:\n\n${found.map((path) => `${path}\n`).join('')}`)
  },
}
