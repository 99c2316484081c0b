import { Random } from '../../engine/kernel/random.ts'

/** What happens to the members at an instant. `to`: the other end, a target, or a number of ms. */
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
  delayMs: number
  snapshotCount: number
  endMs: number
  /** A fault that Raft cannot bear, to see that the checks notice. */
  bug?: Bug
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
  read: 12,
  crash: 4,
  power: 4,
  bounce: 6,
  bouncePower: 6,
  restart: 20,
  cut: 6,
  cutOneWay: 4,
  isolate: 4,
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
export const MAX_MEMBERS = 8
const STEPS = 250
const END_MS = 17_000
/** Nobody interferes at the end: the members must come to terms. */
export const REST_MS = 9000
/** And the last of it without those who were removed. */
export const RETIRE_MS = 3000

export function makePlan(seed: string, bug?: Bug): Plan {
  const random = new Random(seed, 'plan')
  const members = random.pick([1, 2, 3, 3, 3, 4, 5, 5])
  const verbs = moodOf(random)
  const steps = Array.from({ length: STEPS }, () => makeStep(random, members, random.pick(verbs)))
  return {
    seed,
    members,
    preVote: random.next() < 0.6,
    checkQuorum: random.next() < 0.8,
    fsyncMs: random.pick([0, 0, 2, 10, 40]),
    loss: random.pick([0, 0.02, 0.1]),
    duplication: random.pick([0, 0.05]),
    delayMs: random.pick([2, 10, 60]),
    snapshotCount: random.pick([5, 20, 1000]),
    endMs: END_MS,
    ...(bug !== undefined && { bug }),
    steps: steps.sort((a, b) => a.atMs - b.atMs),
  }
}

/** Each plan has more of one thing and none of another, so that plans differ more than chance alone makes them. */
function moodOf(random: Random): Verb[] {
  return Object.entries(VERBS).flatMap(([verb, weight]) => {
    const times = verb === 'propose' ? 1 : random.pick([0, 1, 1, 3])
    return Array<Verb>(weight * times).fill(verb as Verb)
  })
}

function makeStep(random: Random, members: number, verb: Verb): Step {
  const any = (): string => `${1 + random.int(Math.min(members + 2, MAX_MEMBERS))}`
  const step: Step = {
    atMs: random.int(END_MS - REST_MS),
    do: verb,
    member: random.next() < 0.4 ? 'leader' : any(),
  }
  const numbered = { slowLink: random.int(300), slowDisk: random.int(80) }[verb as 'slowLink' | 'slowDisk']
  return { ...step, to: any(), ...(numbered !== undefined && { ms: numbered }) }
}
