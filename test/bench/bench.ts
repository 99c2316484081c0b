/**
 * `npm run bench`: the speed of the engine as one table. Never a test: machines are noisy, so look at
 * ratios to the target, and at CPU time where the wall says something else.
 * Options: `--json`, `--only NAME` (a part of a row's name), `--runs N`, `--no-profile`.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { profile } from './profile.ts'
import type { Share } from './profile.ts'
import type { Scene } from './scene.ts'
import { SCENES } from './scenes.ts'

interface Row {
  name: string
  measures: string
  unit: string
  target: number
  median: number
  min: number
  max: number
  /** Processor time of the median run, in ms. */
  cpu: number
  /** Median to target, or target to median where more is better: above 1 is short of the target. */
  ratio: number
  dominates: Share[]
}

interface Options {
  json: boolean
  only: string
  runs: number | undefined
  profiled: boolean
}

const SEED = 'bench'
const TOP = 3

async function main(): Promise<void> {
  const options = readOptions()
  const scenes = SCENES.filter(({ name }) => name.includes(options.only))
  if (scenes.length === 0)
    throw new Error(`no row is called ${options.only}; there are ${SCENES.map(({ name }) => name).join(', ')}`)
  const rows: Row[] = []
  for (const scene of scenes) {
    rows.push(await measure(scene, options))
    if (!options.json)
      process.stdout.write(
        rows.length === 1 ? `${HEADER}\n${makeLine(rows[0] as Row)}\n` : `${makeLine(rows.at(-1) as Row)}\n`,
      )
  }
  if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
}

function readOptions(): Options {
  const flags = {
    json: { type: 'boolean' },
    only: { type: 'string' },
    runs: { type: 'string' },
    'no-profile': { type: 'boolean' },
  } as const
  const { values } = parseArgs({ options: flags })
  const runs = values.runs === undefined ? undefined : Number(values.runs)
  if (runs !== undefined && !(Number.isInteger(runs) && runs > 0))
    throw new Error(`--runs: ${values.runs} is not a whole number above 0`)
  return { json: values.json === true, only: values.only ?? '', runs, profiled: values['no-profile'] !== true }
}

async function measure(scene: Scene, options: Options): Promise<Row> {
  const taken: { figure: number; cpu: number }[] = []
  for (let i = 0; i < (options.runs ?? scene.runs); i++) taken.push(await once(scene, `${SEED}-${i}`))
  const figures = taken.map(({ figure }) => figure).sort((a, b) => a - b)
  const median = middle(figures)
  const { name, measures, unit, target } = scene
  const dominates =
    options.profiled && unit === 'ms' && scene.unprofiled !== true
      ? (await profile(await scene.stage(SEED))).slice(0, TOP)
      : []
  const cpu = middle(taken.map((one) => one.cpu).sort((a, b) => a - b))
  return {
    name,
    measures,
    unit,
    target,
    median,
    min: figures[0] as number,
    max: figures.at(-1) as number,
    cpu,
    ratio: unit === '/s' ? target / median : median / target,
    dominates,
  }
}

async function once(scene: Scene, seed: string): Promise<{ figure: number; cpu: number }> {
  const run = await scene.stage(seed)
  globalThis.gc?.()
  const cpuFrom = process.cpuUsage()
  const from = performance.now()
  const own = await run()
  const wall = performance.now() - from
  const { user, system } = process.cpuUsage(cpuFrom)
  return { figure: own ?? wall, cpu: (user + system) / 1000 }
}

function middle(sorted: number[]): number {
  return sorted[Math.floor(sorted.length / 2)] as number
}

const HEADER = [
  'row'.padEnd(12),
  'target'.padStart(9),
  'median'.padStart(9),
  'min'.padStart(9),
  'max'.padStart(9),
  'cpu ms'.padStart(8),
  'ratio'.padStart(7),
  ' dominated by',
].join(' ')

function makeLine({ name, unit, target, median, min, max, cpu, ratio, dominates }: Row): string {
  const cell = (value: number): string => `${value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`.padStart(9)
  const parts = dominates.map(({ part, share }) => `${part} ${Math.round(share * 100)}%`).join(', ')
  return [
    name.padEnd(12),
    cell(target),
    cell(median),
    cell(min),
    cell(max),
    String(Math.round(cpu)).padStart(8),
    `${ratio.toFixed(2)}×`.padStart(7),
    ` ${parts}`,
  ].join(' ')
}

/** The collector must be callable; without it the bench starts itself again. */
if (globalThis.gc === undefined) {
  const self = fileURLToPath(import.meta.url)
  const { status } = spawnSync(process.execPath, ['--expose-gc', ...process.execArgv, self, ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
} else {
  await main().catch((error: unknown) => {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  })
}
