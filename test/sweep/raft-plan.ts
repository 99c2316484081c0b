import { Random } from '../../engine/kernel/random.ts'
import { EPISODES } from './raft-episodes.ts'

/** What happens to the members at an instant. `to`: the other end, a target, or one side of a split (`1+4+5`). */
export interface Step {
  atMs: number
  do: Verb
  member: string
  to?: string
  ms?: number
}

/** A run as plain data: it can be written to a file, cut down, and run again. */
export interface Plan {
  seed: string
  members: number
  preVote: boolean
  checkQuorum: boolean
  fsyncMs: number
  /** 0 to 1, for each message. */
  loss: number
  duplication: number
  /** How many messages come once more, long after. */
  echo: number
  delayMs: number
  snapshotCount: number
  maxEntriesPerAppend: number
  maxInflight: number
  endMs: number
  /** The last of it, in which nobody interferes and the members must come to terms; 0: they need not. */
  restMs: number
  /** A fault that Raft cannot bear, to see that the checks notice. */
  bug?: Bug
  /** A mistake in Raft itself, by its name in raft-mutants.ts. */
  mutant?: string
  steps: Step[]
}

/**
 * `forgetsVotes`: the vote is not on the disk. `lyingDisk`: it says that it is done, and is not. `oldDisk`: a backup is
 * put back. `overclaims`: members acknowledge one entry more than they have.
 */
export const BUGS = ['forgetsVotes', 'lyingDisk', 'oldDisk', 'overclaims'] as const
export type Bug = (typeof BUGS)[number]

/** How often each comes, before a plan has its mood. */
const VERBS = {
  propose: 50,
  read: 20,
  crash: 4,
  power: 4,
  bounce: 6,
  bouncePower: 6,
  restart: 20,
  cut: 6,
  cutOneWay: 4,
  isolate: 4,
  split: 6,
  mend: 16,
  slowLink: 3,
  slowDisk: 4,
  compact: 3,
  addVoter: 3,
  addLearner: 3,
  promote: 4,
  remove: 4,
  transfer: 5,
  campaign: 5,
  duel: 5,
}

export type Verb = keyof typeof VERBS

/** Besides `leader`, steps name members by number; those beyond the first few may join later. */
const MAX_MEMBERS = 8
const CHAOS_MS = 8000
const REST_MS = 9000
/** The last of the rest goes without those who were removed. */
export const RETIRE_MS = 3000

/** How many accidents of chance, and how often an episode. */
const PACES: readonly (readonly [number, number])[] = [
  [250, CHAOS_MS],
  [80, 400],
  [30, 250],
  [0, 250],
]

/** Pre-vote and check-quorum: as etcd has them, and without, where more can go wrong. */
const SWITCHES: readonly (readonly [boolean, boolean])[] = [
  [true, true],
  [true, false],
  [false, true],
  [false, false],
  [false, false],
]

export function makePlan(seed: string, { bug, mutant }: Pick<Plan, 'bug' | 'mutant'> = {}): Plan {
  const random = new Random(seed, 'plan')
  const members = random.pick([1, 2, 3, 3, 3, 3, 4, 5, 5])
  const [preVote, checkQuorum] = random.pick(SWITCHES)
  const [fsyncMs, delayMs] = [random.pick([0, 2, 10, 40]), random.pick([2, 10, 60])]
  return {
    seed,
    members,
    preVote,
    checkQuorum,
    fsyncMs,
    loss: random.pick([0, 0, 0.02, 0.1]),
    duplication: random.pick([0, 0.05]),
    echo: random.pick([0, 0.05, 0.2]),
    delayMs,
    snapshotCount: random.pick([5, 20, 1000]),
    maxEntriesPerAppend: random.pick([1, 1, 3, 512]),
    maxInflight: random.pick([1, 4, 256]),
    endMs: CHAOS_MS + REST_MS,
    restMs: REST_MS,
    ...(bug !== undefined && { bug }),
    ...(mutant !== undefined && { mutant }),
    steps: makeSteps(random, members, (preVote ? 2 : 1) * (2 * (delayMs + fsyncMs) + 2)),
  }
}

/** Some plans are all chance, some all episodes, most are of both. */
function makeSteps(random: Random, members: number, roundMs: number): Step[] {
  const verbs = moodOf(random)
  const [count, everyMs] = random.pick(PACES)
  const steps = Array.from({ length: count }, () => makeStep(random, members, random.pick(verbs)))
  const all = membersFrom(members)
  const scene = { random, members: all.slice(0, members), strangers: all.slice(members), roundMs }
  for (let atMs = 400; atMs < CHAOS_MS - everyMs; atMs += random.between(everyMs / 2, everyMs))
    steps.push(...random.pick(EPISODES)({ ...scene, atMs }))
  return steps.filter(({ atMs }) => atMs < CHAOS_MS).sort((one, other) => one.atMs - other.atMs)
}

/** Those of the beginning, and two that may join. */
function membersFrom(members: number): string[] {
  return Array.from({ length: Math.min(members + 2, MAX_MEMBERS) }, (_, at) => `${at + 1}`)
}

/** Each plan has more of one thing and none of another, so that plans differ more than chance alone makes them. */
function moodOf(random: Random): Verb[] {
  return Object.entries(VERBS).flatMap(([verb, weight]) => {
    const times = verb === 'propose' ? 1 : random.pick([0, 1, 1, 3])
    return Array<Verb>(weight * times).fill(verb as Verb)
  })
}

function makeStep(random: Random, count: number, verb: Verb): Step {
  const members = membersFrom(count)
  const step: Step = {
    atMs: random.int(CHAOS_MS),
    do: verb,
    member: random.next() < 0.4 ? 'leader' : random.pick(members),
  }
  const numbered = { slowLink: random.int(300), slowDisk: random.int(80) }[verb as 'slowLink' | 'slowDisk']
  const to = verb === 'split' ? members.filter(() => random.next() < 0.5).join('+') : random.pick(members)
  return { ...step, to, ...(numbered !== undefined && { ms: numbered }) }
}
