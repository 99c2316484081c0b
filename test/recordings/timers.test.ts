/**
 * The timers of a lost node, as intervals between what they follow and what they bring: the same on the real
 * clusters and on the simulated one, to the second (B2, B3, B5).
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Fixture } from './fixture.ts'
import { replay } from './replay.ts'
import type { Moment, Story } from './story.ts'

function load(recording: string): Fixture {
  return JSON.parse(readFileSync(new URL(`./fixtures/${recording}.json`, import.meta.url), 'utf8')) as Fixture
}

function at(line: Moment[] | undefined, text: string): number {
  return line?.find(([, state]) => state.includes(text))?.[0] ?? NaN
}

interface Timers {
  /** The kubelet's last sign of life → Ready=Unknown. */
  graceMs: number
  /** Ready=Unknown → the NoExecute taint. */
  taintMs: number
  /** The NoExecute taint → each pod marked for deletion. */
  evictionsMs: Record<string, number>
}

function timersOf({ lines, pods }: Story, stop: number, pod: string[]): Timers {
  const node = lines['node/z1']
  const tainted = at(node, 'unreachable:NoExecute')
  const marked = (set: string): number =>
    Math.min(...(pods[set] ?? []).map(({ steps }) => at(steps, 'disrupted')).filter((one) => !Number.isNaN(one)))
  const evictionsMs = Object.fromEntries(pod.map((set) => [set, marked(set) - tainted]))
  return { graceMs: at(node, 'Ready=Unknown') - stop, taintMs: tainted - at(node, 'Ready=Unknown'), evictionsMs }
}

/** There the write of the condition was repeated under load, and the second look saw its own first write. */
const EARLY_TAINT = 'T1-node-stop-6min-1.36'

const CASES: [string, string[]][] = [
  ['T1-node-stop-6min', ['web#1', 'bare']],
  ['T1-node-stop-6min-1.36', ['web#1', 'bare']],
  ['T3-node-stop-delete-node', []],
  ['T7-tolerationseconds', ['tol0', 'tol20']],
]

describe('timers of a node that stops answering', () => {
  it.each(CASES)('%s', async (recording, pods) => {
    const fixture = load(recording)
    const stop = fixture.acts.find((act) => 'signal' in act)?.at ?? NaN
    const real = timersOf(fixture.story, stop, pods)
    const simulated = timersOf((await replay(fixture)).story, stop, pods)
    const differing = (a: number, b: number): boolean => Math.abs(a - b) > 1000
    expect({
      real: real.graceMs,
      simulated: simulated.graceMs,
      differ: differing(real.graceMs, simulated.graceMs),
    }).toMatchObject({ differ: false })
    if (recording !== EARLY_TAINT)
      expect({
        real: real.taintMs,
        simulated: simulated.taintMs,
        differ: differing(real.taintMs, simulated.taintMs),
      }).toMatchObject({ differ: false })
    for (const pod of pods) {
      const [a, b] = [real.evictionsMs[pod] ?? NaN, simulated.evictionsMs[pod] ?? NaN]
      expect({ pod, real: a, simulated: b, differ: differing(a, b) }).toMatchObject({ differ: false })
    }
  })
})
