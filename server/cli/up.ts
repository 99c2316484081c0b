import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { parseYaml } from '../../engine/index.ts'
import { BOOTED_BEFORE_MS, serveCluster } from '../cluster-server.ts'
import { writeKubeconfig } from '../edge/kubeconfig.ts'
import type { PaceSpeed } from '../pace.ts'
import { addClusterFlags, flightOptions, wholeNumber } from './cluster-flags.ts'
import type { ClusterFlags } from './cluster-flags.ts'
import { bold, clearProgress, dim, note, progress, UsageError } from './progress.ts'
import { untilSignal } from './signals.ts'

interface UpFlags extends ClusterFlags {
  speed: PaceSpeed
  kubeconfig: string
  host: string
  port: number
  force?: boolean
}

function parseSpeed(text: string): PaceSpeed {
  if (text === 'max') return 'max'
  if (text !== '1' && text !== '60') throw new InvalidArgumentError('must be 1, 60 or max')
  return Number(text)
}

export function addUp(program: Command): void {
  addClusterFlags(program.command('up').summary('serve a simulated cluster to real clients over HTTPS'))
    .description(
      'Boots a simulated cluster and serves its API on loopback over HTTPS, with a client certificate in a kubeconfig of its own.',
    )
    .option(
      '--speed <1|60|max>',
      'how fast its clock runs beside the wall clock; max: as fast as it can while a client waits, an hour a second otherwise',
      parseSpeed,
      1 as PaceSpeed,
    )
    .option(
      '--kubeconfig <file>',
      'where to write the kubeconfig (never merged into an existing one)',
      './kubeflight.kubeconfig',
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port to listen on (0: any free one)', wholeNumber, 0)
    .option('--force', 'overwrite a kubeconfig that kubeflight did not write')
    .addHelpText(
      'after',
      `
Examples:
  $ npx kubeflight up
  $ kubectl --kubeconfig ./kubeflight.kubeconfig get nodes
  $ npx kubeflight up --workers 5 --seed 7 --speed max --kubeconfig /tmp/sim.kubeconfig

Exit codes: 0 stopped by SIGINT or SIGTERM; 1 the cluster could not be served; 2 wrong usage.`,
    )
    .action(up)
}

async function up(flags: UpFlags): Promise<void> {
  const file = resolve(flags.kubeconfig)
  if (flags.force !== true && existsSync(file) && !isOurs(file))
    throw new UsageError(
      `${file} exists and was not written by kubeflight: choose another with --kubeconfig, or add --force`,
    )
  const options = flightOptions(flags, Date.now() - BOOTED_BEFORE_MS)
  progress('booting the cluster …')
  const startedMs = performance.now()
  let failed: (error: Error) => void = () => undefined
  const failure = new Promise<never>((_, reject) => (failed = reject))
  failure.catch(() => undefined)
  const server = await serveCluster({
    flight: options,
    speed: flags.speed,
    meetWallClock: true,
    host: flags.host,
    port: flags.port,
    onFailure: failed,
    log: note,
  })
  writeKubeconfig(file, MARK + server.kubeconfig)
  clearProgress()
  const took = ((performance.now() - startedMs) / 1000).toFixed(1)
  const speed = flags.speed === 'max' ? 'max' : `${flags.speed}x`
  const say = (text: string): boolean => process.stdout.write(`${text}\n`)
  say(
    `Kubernetes ${options.release}: ${options.controlPlanes} control plane(s), ${options.workers} worker(s), speed ${speed}, seed ${options.seed} ${dim(`(${took} s)`)}`,
  )
  say(`API server  ${bold(server.url)}`)
  say(`kubeconfig  ${bold(file)}`)
  say(`Try: kubectl --kubeconfig ${flags.kubeconfig} get nodes. Stop with Ctrl-C.`)
  try {
    await Promise.race([untilSignal(), failure])
  } catch (error) {
    throw new Error(
      `the simulation stopped: ${error instanceof Error ? error.message : String(error)} (seed ${options.seed}, at ${server.flight.nowMs} ms)`,
    )
  } finally {
    progress('stopping …')
    await server.close()
    clearProgress()
  }
  say('stopped')
}

const MARK = '# Written by kubeflight up; overwritten at its next start.\n'

/** Whether a kubeconfig is one of ours: it starts with our mark. */
function isOurs(file: string): boolean {
  const text = readFileSync(file, 'utf8')
  if (!text.startsWith(MARK)) return false
  try {
    return typeof parseYaml(text) === 'object'
  } catch {
    return false
  }
}
