import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import type { MeterOptions } from '../../engine/index.ts'
import { Flight, reportLines } from '../../engine/index.ts'
import { addClusterFlags, FIXED_EPOCH, flightOptions, parseEpoch, wholeNumber } from './cluster-flags.ts'
import type { ClusterFlags } from './cluster-flags.ts'
import { clearProgress, progress, UsageError } from './progress.ts'

interface ShFlags extends ClusterFlags {
  c?: string
  each?: boolean
  epoch: string
  host: string
  user: string
  timeout: number
  measure: Meter[]
}

type Meter = Pick<MeterOptions, 'name' | 'url'>

/** The seed when none is given: the same script then prints the same bytes. */
const DEFAULT_SEED = '1'

export function addSh(program: Command): void {
  addClusterFlags(program.command('sh').summary('run a bash script on a fresh cluster, as fast as it goes'))
    .description(
      'Boots a cluster and runs a bash script on its base host, with time as fast as it goes. The script comes from FILE, -c, or standard input.',
    )
    .argument('[file]', 'the script; - or nothing: standard input')
    .option('-c <command>', 'the script itself')
    .option(
      '--each',
      'run each line as a command of its own; print a JSON row {i, cmd, code, stdout, stderr, atMs} a line',
    )
    .option('--epoch <date>', 'the instant at which the cluster starts', FIXED_EPOCH)
    .option('--host <name>', 'the host that runs it', 'base')
    .option('--user <name>', 'the user that runs it', 'candidate')
    .option('--timeout <seconds>', "stop after so much of the cluster's time", wholeNumber, 86_400)
    .option(
      '--measure <name=url>',
      "a client asks URL once a second from the boot on, with the admin's certificate; what it saw comes last, on stderr (may be given again)",
      meter,
      [],
    )
    .addHelpText(
      'after',
      `
Examples:
  $ npx kubeflight sh -c 'kubectl create deployment web --image=nginx && kubectl rollout status deploy/web'
  $ npx kubeflight sh --workers 3 --seed 7 playbook.sh
  $ printf 'kubectl get nodes\\nsleep 60\\nkubectl get nodes\\n' | npx kubeflight sh --each | jq -r .stdout
  $ npx kubeflight sh --control-planes 3 --measure api=https://cluster-endpoint:6443/api/v1/nodes drain.sh

Without --seed the seed is 1: the same script prints the same bytes each time.

Exit codes: the script's own; with --each that of the last command; 124 out of time; 2 wrong usage.`,
    )
    .action(sh)
}

function meter(text: string, before: Meter[]): Meter[] {
  const [, name, url] = /^([\w-]+)=(https?:\/\/[^/].*)$/.exec(text) ?? []
  if (name === undefined || url === undefined || !URL.canParse(url))
    throw new InvalidArgumentError('must be such as api=https://cluster-endpoint:6443/api/v1/nodes')
  return [...before, { name, url }]
}

function scriptOf(file: string | undefined, flags: ShFlags): string {
  if (flags.c !== undefined && file !== undefined) throw new UsageError('give a FILE or -c, not both')
  if (flags.c !== undefined) return flags.c
  try {
    return readFileSync(file === undefined || file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new UsageError(`${file ?? 'standard input'}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function sh(file: string | undefined, flags: ShFlags): Promise<void> {
  const text = scriptOf(file, flags)
  progress('booting the cluster …')
  const flight = await Flight.launch(
    flightOptions({ ...flags, seed: flags.seed ?? DEFAULT_SEED }, parseEpoch(flags.epoch)),
  )
  for (const each of flags.measure) flight.measure(each)
  progress('running …')
  const options = { host: flags.host, user: flags.user, timeoutMs: flags.timeout * 1000 }
  process.exitCode = flags.each === true ? await eachLine(flight, text, options) : await whole(flight, text, options)
  for (const each of flags.measure) tellMeasured(flight, each)
}

function tellMeasured(flight: Flight, { name }: Meter): void {
  const report = flight.measured(name)
  if (report !== undefined) process.stderr.write(`${name}: ${reportLines(report).join(`\n${name}: `)}\n`)
}

interface RunOptions {
  host: string
  user: string
  timeoutMs: number
}

async function whole(flight: Flight, text: string, options: RunOptions): Promise<number> {
  const { code, stdout, stderr } = await flight.script(text, options)
  clearProgress()
  process.stdout.write(stdout)
  process.stderr.write(stderr)
  return code
}

async function eachLine(flight: Flight, text: string, options: RunOptions): Promise<number> {
  const commands = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  let last = 0
  for (const [i, cmd] of commands.entries()) {
    const atMs = flight.nowMs
    const { code, stdout, stderr } = await flight.script(cmd, options)
    last = code
    clearProgress()
    process.stdout.write(`${JSON.stringify({ i, cmd, code, stdout, stderr, atMs })}\n`)
  }
  return last
}
