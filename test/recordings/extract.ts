/**
 * Makes the fixtures from recordings of real clusters, by hand:
 *   npx tsx test/recordings/extract.ts <folder of recordings>
 * Left out: reading commands, leases but for their phase, EndpointSlices, and what the recordings' own notes call artefacts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Act, Fixture, HollowTimes } from './fixture.ts'
import { StoryMaker } from './story.ts'
import type { Moment, Story } from './story.ts'

const RECORDINGS = [
  'B01-crashloop-backoff',
  'B03-job-backofflimit',
  'B05-probes',
  'R01-rolling-3-25pct-25pct',
  'R03-rolling-10-0-3',
  'R05-rolling-4-1-1',
  'R06-rolling-5-50pct-0',
  'R08-rolling-scale-up-mid',
  'R10-rolling-pause-resume',
  'R12-recreate',
  'R13-rolling-bad-image-undo',
  'R17-recreate-real',
  'T1-node-stop-6min',
  'T1-node-stop-6min-1.36',
  'T3-node-stop-delete-node',
  'T7-tolerationseconds',
  'T8-drain-timeline',
  'T8-drain-timeline-1.36',
]

/** So that a pod which goes early in the simulation has run, as the one in its place had. */
const LONGEST_RUN_MS = 1300

interface Row {
  offsetMs: number
  what: string
  name: string
  op: string
  ownerKind?: string
  state?: Record<string, unknown>
  change?: Record<string, [unknown, unknown]>
  final?: Record<string, unknown>
  cmd: string
  text: string
  object: string
  reason: string
  message: string
}

interface Start {
  kubernetesVersion: string
  kubelet: string
  namespace: string
  nodes: { name: string; labels: Record<string, string>; allocatable: Record<string, string> }[]
}

const CHANGING = /\b(create|apply|delete|scale|set|patch|undo|pause|resume|restart|drain|cordon|uncordon)\b/

function isLeftOut({ what }: Row): boolean {
  return ['endpointslices', 'leases', 'command', 'mark'].includes(what)
}

function extract(folder: string, recording: string): Fixture {
  const start = JSON.parse(readFileSync(join(folder, recording, 'start.json'), 'utf8')) as Start
  const lines = readFileSync(join(folder, recording, 'timeline.jsonl'), 'utf8')
    .trim()
    .split('\n')
  const all = lines.map((line) => JSON.parse(line) as Row)
  const base = baseOf(all)
  const rows = all.map((row) => ({ ...row, offsetMs: row.offsetMs - base })).sort((a, b) => a.offsetMs - b.offsetMs)
  const story = tell(rows)
  return {
    recording,
    release: /1\.\d+/.exec(start.kubernetesVersion)?.[0] ?? '',
    kubelet: start.kubelet.startsWith('hollow') ? 'hollow' : 'real',
    nodes: start.nodes.map(({ name, labels, allocatable }) => ({
      name,
      labels: topology(labels),
      capacity: { cpu: allocatable['cpu'] ?? '1', memory: allocatable['memory'] ?? '1Gi' },
    })),
    namespace: start.namespace,
    acts: rows.flatMap(actOf),
    untilMs: Math.max(...rows.map(({ offsetMs }) => offsetMs)),
    leases: phasesOf(rows),
    hollow: hollowTimes(story, rows),
    story,
  }
}

/** Offsets count from one second before the first command. */
function baseOf(rows: Row[]): number {
  return Math.min(...rows.filter(({ what }) => what === 'command').map(({ offsetMs }) => offsetMs)) - 1000
}

function topology(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => key.startsWith('topology.')))
}

function actOf({ offsetMs, what, cmd, text }: Row): Act[] {
  const mark = /^SIG(STOP|CONT) kubelet (\S+)/.exec(text ?? '')
  if (what === 'mark' && mark !== null)
    return [{ at: offsetMs, signal: mark[1] as 'STOP' | 'CONT', node: mark[2] ?? '' }]
  if (what !== 'command' || !CHANGING.test(cmd) || /rollout status|kubectl wait/.test(cmd)) return []
  return [{ at: offsetMs, command: cmd }]
}

function phasesOf(rows: Row[]): Record<string, number> {
  const phases: Record<string, number> = {}
  const stop = rows.find(({ what, text }) => what === 'mark' && text.startsWith('SIGSTOP'))?.offsetMs ?? 20_000
  for (const { what, name, offsetMs, op } of rows)
    if (what === 'leases' && op === 'MODIFIED' && offsetMs < stop) phases[name] = offsetMs
  return phases
}

function tell(rows: Row[]): Story {
  const maker = new StoryMaker()
  const states = new Map<string, Record<string, unknown>>()
  for (const { what, op, name, ownerKind } of rows)
    if (what === 'replicasets' && op === 'ADDED') maker.nameSet(name, ownerKind ?? '')
  for (const row of rows) {
    if (isLeftOut(row)) continue
    const { offsetMs: at, what, name, op } = row
    if (what === 'event') maker.event({ at, about: row.object, reason: row.reason, message: row.message })
    else {
      const key = `${what}/${name}`
      const change = Object.fromEntries(Object.entries(row.change ?? {}).map(([field, pair]) => [field, pair[1]]))
      const state = row.state ?? row.final ?? { ...(states.get(key) ?? healthy(what)), ...change }
      states.set(key, state)
      const type = op === 'ADDED' ? 'added' : op === 'DELETED' ? 'deleted' : 'modified'
      maker.observe({ at, kind: what, name, type, state, ...(row.ownerKind !== undefined && { owner: row.ownerKind }) })
    }
  }
  return maker.finish()
}

/** Nodes are there before the recording begins. */
function healthy(what: string): Record<string, unknown> {
  return what === 'nodes' ? { conditions: { Ready: 'True:KubeletReady' }, taints: [] } : {}
}

/** A frozen kubelet ends containers only after it goes on. */
function hollowTimes(story: Story, rows: Row[]): Fixture['hollow'] {
  const thaw = rows.find(({ what, text }) => what === 'mark' && text.startsWith('SIGCONT'))?.offsetMs
  return Object.fromEntries(
    Object.entries(story.pods).map(([set, pods]) => [
      set,
      timesOf(
        pods.map(({ steps }) => steps),
        thaw,
      ),
    ]),
  )
}

function timesOf(pods: Moment[][], thaw = 0): HollowTimes {
  const at = (steps: Moment[], step: string): number | undefined => steps.find(([, text]) => text.startsWith(step))?.[0]
  const between = (from: number | undefined, to: number | undefined): number => Math.max(0, (to ?? 0) - (from ?? 0))
  const deletedAt = (steps: Moment[]): number => at(steps, 'deleting within') ?? 0
  const gone = pods.filter((steps) => at(steps, 'Succeeded') !== undefined).sort((a, b) => deletedAt(a) - deletedAt(b))
  const stopFrom = (steps: Moment[]): number =>
    deletedAt(steps) < thaw && thaw < (at(steps, 'Succeeded') ?? 0) ? thaw : deletedAt(steps)
  return {
    see: pods.map((steps) => between(at(steps, 'assigned'), at(steps, 'ready'))),
    run: pods.map((steps) =>
      Math.min(LONGEST_RUN_MS, between(at(steps, 'ready'), at(steps, 'Running') ?? (at(steps, 'ready') ?? 0) + 300)),
    ),
    stop: gone.map((steps) => between(stopFrom(steps), at(steps, 'Succeeded'))),
    confirm: gone.map((steps) => between(at(steps, 'Succeeded'), at(steps, 'deleted'))),
  }
}

const folder = process.argv[2]
if (folder === undefined) throw new Error('the folder of the recordings is missing')
const target = join(dirname(fileURLToPath(import.meta.url)), 'fixtures')
mkdirSync(target, { recursive: true })
for (const recording of RECORDINGS) {
  const fixture = extract(folder, recording)
  writeFileSync(join(target, `${recording}.json`), `${compact(fixture)}\n`)
}

/** JSON with one moment a line. */
function compact(fixture: Fixture): string {
  return JSON.stringify(fixture, undefined, 1).replaceAll(/\[\s+(\d+),\s+("(?:[^"\\]|\\.)*")\s+\]/g, '[$1, $2]')
}
