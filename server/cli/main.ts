/** The command line. Each command is a file; what it does not need it does not load. */
import { Command, CommanderError } from 'commander'
import { UsageError } from './progress.ts'

/** Commands and what loads them: only the asked one is loaded, so that each starts fast. */
const COMMANDS: Record<string, () => Promise<(program: Command) => void>> = {
  serve: async () => (await import('./serve.ts')).addServe,
  up: async () => (await import('./up.ts')).addUp,
  sh: async () => (await import('./sh.ts')).addSh,
  grade: async () => (await import('./grade.ts')).addGrade,
  lint: async () => (await import('./lint.ts')).addLint,
  replay: async () => (await import('./replay.ts')).addReplay,
}

async function makeProgram(asked: string | undefined): Promise<Command> {
  const program = new Command('kubeflight')
    .description('A flight simulator for Kubernetes: a whole cluster in one process, on virtual time, from one seed.')
    .showHelpAfterError('(add --help for what it takes)')
    .exitOverride()
  program.addHelpText(
    'after',
    `
Examples:
  $ npx kubeflight serve                 the trainer on http://localhost:8080
  $ npx kubeflight up                    a cluster for your own kubectl
  $ npx kubeflight sh -c 'k get nodes'   a script on a fresh cluster, as fast as it goes`,
  )
  const wanted = asked !== undefined && asked in COMMANDS ? [asked] : Object.keys(COMMANDS)
  for (const name of wanted) (await (COMMANDS[name] as () => Promise<(program: Command) => void>)())(program)
  for (const command of program.commands) command.exitOverride().showHelpAfterError('(add --help for what it takes)')
  return program
}

/** Runs a command line; resolves to the exit code: 0, 1 it failed, 2 wrong usage, or the script's own. */
export async function main(argv: string[]): Promise<number> {
  try {
    const program = await makeProgram(argv.find((word) => !word.startsWith('-')))
    await program.parseAsync(argv, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof UsageError) {
      process.stderr.write(`kubeflight: ${error.message}\n`)
      return error.exitCode
    }
    process.stderr.write(
      `kubeflight: ${error instanceof Error ? (process.env.KUBEFLIGHT_DEBUG === undefined ? error.message : error.stack) : String(error)}\n`,
    )
    return 1
  }
}
