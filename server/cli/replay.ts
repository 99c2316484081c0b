import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import type { Command } from 'commander'
import { Flight, replay as replayFlight } from '../../engine/index.ts'
import type { FlightInput, FlightOptions, FlightSnapshot, InputEntry } from '../../engine/index.ts'
import type { Prepared } from '../desk.ts'
import { clearProgress, progress, UsageError } from './progress.ts'

/** A whole run: what `replay --export` writes. */
interface Recording {
  kind: 'kubeflight.recording'
  options: FlightOptions
  log: InputEntry[]
  untilMs: number
  hash: string
}

interface ReplayFlags {
  attempt?: string
  export?: boolean
  format: string
}

export function addReplay(program: Command): void {
  program
    .command('replay')
    .summary('run a stored attempt again and compare its hash')
    .description(
      'Runs a stored attempt again from its seed and its input log, and compares the hash of all that happened.',
    )
    .argument('<file>', 'the database of a trainer (.kubeflight/attempts.db), or a recording')
    .option('--attempt <id>', 'which attempt of the database (default: all)')
    .option('--export', 'print the recording of the attempt instead of running it')
    .option('--format <text|json>', 'how to print', 'text')
    .addHelpText(
      'after',
      `
Examples:
  $ npx kubeflight replay .kubeflight/attempts.db
  $ npx kubeflight replay .kubeflight/attempts.db --attempt 3q2-7w… --export > attempt.json
  $ npx kubeflight replay attempt.json

Exit codes: 0 every run gives the same hash; 1 one does not; 2 wrong usage.`,
    )
    .action(replay)
}

interface Named {
  name: string
  recording: Recording
}

async function replay(file: string, flags: ReplayFlags): Promise<void> {
  const found = isDatabase(file)
    ? await fromDatabase(file, flags.attempt)
    : [{ name: file, recording: readRecording(file) }]
  if (found.length === 0)
    throw new UsageError(
      `${file}: no ${flags.attempt === undefined ? 'attempts' : `attempt ${flags.attempt}`} that can be replayed`,
    )
  if (flags.export === true) {
    const [only, ...rest] = found
    if (only === undefined || rest.length > 0) throw new UsageError('several attempts: choose one with --attempt')
    process.stdout.write(`${JSON.stringify(only.recording)}\n`)
    return
  }
  let same = true
  for (const one of found) same = (await compare(one, flags.format)) && same
  process.exitCode = same ? 0 : 1
}

async function compare({ name, recording }: Named, format: string): Promise<boolean> {
  progress(`replaying ${name} …`)
  const { options, log, untilMs, hash } = recording
  const flight = await replayFlight(options, log, untilMs)
  const same = flight.hash() === hash
  clearProgress()
  const row = { name, seed: options.seed, inputs: log.length, untilMs, recorded: hash, replayed: flight.hash(), same }
  process.stdout.write(
    format === 'json'
      ? `${JSON.stringify(row)}\n`
      : `${name}: ${same ? 'the same' : 'DIFFERENT'} (seed ${options.seed}, ${log.length} inputs, ${Math.round(untilMs / 1000)} s; recorded ${hash}, replayed ${row.replayed})\n`,
  )
  return same
}

function isDatabase(file: string): boolean {
  const head = Buffer.alloc(16)
  try {
    const handle = openSync(file, 'r')
    readSync(handle, head, 0, 16, 0)
    closeSync(handle)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
  return head.toString('latin1').startsWith('SQLite format 3')
}

function readRecording(file: string): Recording {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new UsageError(`${file}: not a recording: ${error instanceof Error ? error.message : String(error)}`)
  }
  const recording = value as Partial<Recording> | null
  if (recording?.kind !== 'kubeflight.recording')
    throw new UsageError(`${file}: not a recording: "kind" is not kubeflight.recording`)
  for (const field of ['options', 'log', 'untilMs', 'hash'] as const)
    if (recording[field] === undefined) throw new UsageError(`${file}: not a recording: "${field}" is missing`)
  return recording as Recording
}

/** Every attempt that has a snapshot: its hash is the one to be met. */
async function fromDatabase(file: string, attempt: string | undefined): Promise<Named[]> {
  const { Store } = await import('../storage/store.ts')
  const store = await Store.open(file)
  try {
    const found: Named[] = []
    for (const { id, prepared, scenario } of await store.all()) {
      if (attempt !== undefined && id !== attempt) continue
      const saved = await store.snapshot(id)
      if (saved === undefined) continue
      const log = (await store.log(id))
        .filter(({ seq }) => seq < saved.seq)
        .map(({ at, input }) => ({ at, input: input as FlightInput }))
      const hash = Flight.restore(saved.flight as FlightSnapshot).hash()
      found.push({
        name: `${scenario} ${id}`,
        recording: {
          kind: 'kubeflight.recording',
          options: (prepared as Prepared).options,
          log,
          untilMs: saved.nowMs,
          hash,
        },
      })
    }
    return found
  } finally {
    await store.close()
  }
}
