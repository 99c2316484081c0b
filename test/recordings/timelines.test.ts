/**
 * The recorded timelines of real clusters (1.33.13, 1.36.3), done again on a simulated one: rollouts (C3, C4, C6,
 * C8, D), a node that stops answering (B2 to B5), drain (G3), StatefulSets (R1), Jobs (R2). What is compared, and what is left out, is in README.md.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { differences } from './compare.ts'
import type { Rules } from './compare.ts'
import type { Fixture } from './fixture.ts'
import { replay } from './replay.ts'

const FOLDER = new URL('./fixtures/', import.meta.url)

/** Offsets within a second are load; a node's timers fall on a look each 5 s; PodGC looks each 20 s. */
const ROLLOUT_MS = 1500
const NODE_MS = 6500
const POD_GC_MS = 21_500
/** Ten containers started at once took the recording's machine this much longer. */
const CONTAINERS_MS = 4500

/** Each failed sync of a pod is tried again after 10 to 15 s: by the sixth restart that adds up. */
const BACK_OFFS_MS = 60_000

/** Six Jobs started at once took the recording's machine up to this much longer, start after start. */
const JOBS_MS = 8_000

/** What differs from the usual, by recording; the reasons are in README.md. */
const SPECIAL: Record<string, Partial<Rules>> = {
  'B01-crashloop-backoff': { toleranceMs: BACK_OFFS_MS },
  'B03-job-backofflimit': { toleranceMs: JOBS_MS, withoutLives: true },
  'B05-probes': {
    toleranceMs: BACK_OFFS_MS,
    only: [
      ...['live-fail', 'ready-fail', 'startup-slow', 'init-fail', 'init-ok', 'sidecar', 'badcmd', 'nocm', 'novol'],
      'poststart',
      ...['done-always', 'fail-never', 'deadline', 'graceful', 'nonroot', 'oom'],
    ],
    brief: ['oom'],
  },
  'R03-rolling-10-0-3': { exactSizes: false },
  'R08-rolling-scale-up-mid': { exactSizes: false, restMs: 1500 },
  'T3-node-stop-delete-node': { toleranceMs: POD_GC_MS },
  'T7-tolerationseconds': { chance: ['Pod/tol0: TaintManagerEviction: Cancelling'] },
  'T8-drain-timeline-1.36': { untilMs: 37_500 },
  'T8-drain-timeline': { chance: ['PodDisruptionBudget/web: NoPods'] },
}

/** Where chance decides which of two real outcomes comes (README.md): a seed with the recorded one. */
const SEEDS: Record<string, string> = { 'R08-rolling-scale-up-mid': '5' }

function rulesFor({ recording, kubelet }: Fixture): Rules {
  const toleranceMs = kubelet === 'real' ? CONTAINERS_MS : recording.startsWith('R') ? ROLLOUT_MS : NODE_MS
  return {
    toleranceMs,
    restMs: kubelet === 'real' ? 2500 : 1000,
    exactSizes: true,
    hollow: kubelet === 'hollow',
    chance: [],
    ...SPECIAL[recording],
  }
}

describe('recorded timelines', () => {
  for (const file of readdirSync(FOLDER)
    .filter((name) => /^[BRT]\d.*\.json$/.test(name))
    .sort()) {
    it(file.replace('.json', ''), async () => {
      const fixture = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Fixture
      const { story } = await replay(fixture, SEEDS[fixture.recording])
      expect(differences(fixture.story, story, rulesFor(fixture)).join('\n\n')).toBe('')
    })
  }
})
