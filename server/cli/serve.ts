import { join, resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { Flight } from '../../engine/index.ts'
import { ScenarioDesk } from '../desk.ts'
import { scenariosFolder, webFolder } from '../folders.ts'
import { Store } from '../storage/store.ts'
import { isLoopback } from '../trainer/origin.ts'
import { startTrainer } from '../trainer/trainer.ts'
import { bold, note, UsageError } from './progress.ts'
import { untilSignal } from './signals.ts'

interface ServeFlags {
  host: string
  port?: number
  data: string
  scenarios: string
}

const DEFAULT_PORT = 8080

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('must be a port number')
  return port
}

export function addServe(program: Command): void {
  program
    .command('serve')
    .summary('serve the trainer: scenarios in the browser')
    .description(
      'Serves the trainer: a page with the scenarios, a terminal into a simulated cluster for each attempt, and grades.',
    )
    .option('--host <address>', 'address to listen on; anything but loopback opens it to others', '127.0.0.1')
    .option('--port <n>', `port to listen on (default: PORT, or ${DEFAULT_PORT})`, parsePort)
    .option('--data <folder>', 'where attempts are kept', './.kubeflight')
    .option('--scenarios <folder>', 'where scenarios are read from', scenariosFolder())
    .addHelpText(
      'after',
      `
Examples:
  $ npx kubeflight serve
  $ npx kubeflight serve --port 9000 --data /var/lib/kubeflight
  $ PORT=3000 npx kubeflight serve --host 0.0.0.0

Exit codes: 0 stopped by SIGINT or SIGTERM; 1 the trainer could not be served; 2 wrong usage.`,
    )
    .action(serve)
}

function portOf(flags: ServeFlags): number {
  const { PORT } = process.env
  if (flags.port !== undefined) return flags.port
  if (PORT === undefined || PORT === '') return DEFAULT_PORT
  try {
    return parsePort(PORT)
  } catch {
    throw new UsageError(`PORT=${PORT}: must be a port number`)
  }
}

async function serve(flags: ServeFlags): Promise<void> {
  const port = portOf(flags)
  const desk = new ScenarioDesk(resolve(flags.scenarios), (problem) => note(`left out: ${problem}`))
  const store = await Store.open(join(resolve(flags.data), 'attempts.db'), (error) => note(`store: ${String(error)}`))
  const trainer = await startTrainer({
    host: flags.host,
    port,
    web: webFolder(),
    store,
    desk,
    hangar: Flight,
    log: note,
  }).catch((error: unknown) => {
    const { code } = error as { code?: string }
    if (code === 'EADDRINUSE') throw new UsageError(`port ${port} is taken: choose another with --port or PORT`, 1)
    throw error
  })
  process.stdout.write(
    `Kubeflight is at ${bold(trainer.url)} (${desk.catalogue().length} scenarios; attempts are kept in ${resolve(flags.data)})\n`,
  )
  if (!isLoopback(flags.host)) note('Others can reach this server: anybody who opens it may start attempts.')
  process.stdout.write('Stop with Ctrl-C.\n')
  await untilSignal()
  await trainer.close()
  process.stdout.write('stopped\n')
}
