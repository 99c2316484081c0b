/** Short stories that go wrong where Raft is subtle: what single accidents hardly ever come together to. */
import type { Random } from '../../engine/kernel/random.ts'
import type { Step, Verb } from './raft-plan.ts'

interface Scene {
  random: Random
  /** Those of the beginning. */
  members: string[]
  /** Those who may join. */
  strangers: string[]
  /** A question and its answer take about so long. */
  roundMs: number
  atMs: number
}

type Part = Omit<Step, 'atMs'>

export type Episode = (scene: Scene) => Step[]

/** Steps one after the other, each up to `paceMs` later than the one before. */
function inTurn({ random, atMs }: Scene, paceMs: number, parts: readonly (Part | undefined)[]): Step[] {
  let at = atMs
  return parts.flatMap((part) => {
    if (part === undefined) return []
    const step = { atMs: Math.round(at), ...part }
    at += random.between(0, paceMs)
    return [step]
  })
}

const step = (verb: Verb, member = 'leader', to?: string): Part => ({
  do: verb,
  member,
  ...(to !== undefined && { to }),
})

const times = (count: number, part: Part): Part[] => Array.from({ length: count }, () => part)

const any = ({ random, members }: Scene): string => random.pick(members)

const anybody = ({ random, members, strangers }: Scene): string => random.pick([...members, ...strangers])

/** One side of a split. */
function group({ random, members, strangers }: Scene): string {
  return [...members, ...strangers].filter(() => random.next() < 0.5).join('+')
}

function sometimes({ random }: Scene, part: Part): Part | undefined {
  return random.next() < 0.5 ? part : undefined
}

/** Two sides, each with somebody who would lead and something to write (the paper's figures 7 and 8). */
function rivals(scene: Scene): Step[] {
  const { random } = scene
  const other = any(scene)
  return inTurn(scene, random.pick([10, 40, 120]), [
    step('split', 'leader', group(scene)),
    ...times(random.int(4), step('propose')),
    step('campaign', other),
    ...times(random.int(4), step('propose', other)),
    sometimes(scene, step('campaign', any(scene))),
    sometimes(scene, step('propose')),
    sometimes(scene, step('mend')),
  ])
}

/** The paper's figure 8: an entry of an old term, copied to a majority by a later leader, and still not safe. */
function oldEntry(scene: Scene): Step[] {
  const { random, members, roundMs, atMs } = scene
  const first = random.int(members.length)
  const [a, b, partner] = [0, 1, 2].map((at) => members[(first + at) % members.length] as string)
  const side = members.length > 3 ? `${a}+${partner}` : a
  const stages = [
    [step('mend'), step('restart', a), step('campaign', a)],
    [step('split', a, side), ...times(1 + random.int(2), step('propose', a)), step('campaign', b)],
    [step('split', b, b), step('propose', b), step('campaign', a)],
    [sometimes(scene, step('campaign', a)), step('read')],
    [sometimes(scene, step('mend')), step('campaign', b)],
  ]
  return stages.flatMap((parts, at) => inTurn({ ...scene, atMs: atMs + at * roundMs }, 0, parts))
}

/** A change that a new leader finds in its log, and others that come before it is applied; then two sides. */
function inheritedChange(scene: Scene): Step[] {
  const { random, members, strangers, roundMs, atMs } = scene
  const [a, b] = [any(scene), any(scene)]
  const isAdding = random.next() < 0.7
  const wish = (at: number): Part =>
    isAdding ? step('addVoter', 'leader', strangers[at % 2] ?? a) : step('remove', 'leader', members.at(-1 - (at % 2)))
  const wishes = [0, 1, 2, 3, 4, 5].map((at) => ({ atMs: atMs + roundMs * (2.4 + at / 5), ...wish(1 + at) }))
  const side = [...strangers, b].join('+')
  return [
    ...inTurn(scene, 0, [step('mend'), step('campaign', a)]),
    ...inTurn({ ...scene, atMs: atMs + roundMs }, 0, [wish(0)]),
    ...inTurn({ ...scene, atMs: atMs + roundMs * 1.5 }, 0, [step('campaign', b)]),
    ...wishes.map((part) => ({ ...part, atMs: Math.round(part.atMs) })),
    ...rivals({ ...scene, atMs: Math.round(atMs + roundMs * (3 + random.next())) }).map((part, at) =>
      at === 0 ? { ...part, to: side } : part,
    ),
  ]
}

function change(scene: Scene): Part {
  const verb = scene.random.pick<Verb>(['addVoter', 'addVoter', 'remove', 'addLearner', 'promote'])
  return step(verb, 'leader', verb === 'remove' ? any(scene) : anybody(scene))
}

/** Changes of the members at once, or with an election between; who heard of them and who did not go separate ways. */
function changes(scene: Scene): Step[] {
  const { random } = scene
  const election = random.pick([step('campaign', any(scene)), step('transfer', 'leader', any(scene)), undefined])
  const more = Array.from({ length: election === undefined ? 1 : 5 }, () => change(scene))
  const first = inTurn(scene, random.pick([0, 2, 8, 30]), [change(scene), election, ...more])
  const atMs = Math.max(...first.map((part) => part.atMs)) + random.int(40)
  return [...first, ...rivals({ ...scene, atMs })]
}

/** Votes of one term that are asked for twice, by members whose disks are tried. */
function duel(scene: Scene): Step[] {
  const { random, members, atMs } = scene
  const first = random.int(members.length)
  const [a, b, voter] = [0, 1, 2].map((at) => members[(first + at) % members.length] as string)
  const slow = { ...step('slowLink', b, voter), atMs, ms: 60 + random.int(100) }
  const power = (): Part => step(random.pick<Verb>(['bouncePower', 'bouncePower', 'bounce']), voter)
  return [
    slow,
    ...inTurn(scene, 0, [step('cut', a, b), step('duel', a, b)]),
    ...inTurn({ ...scene, atMs: atMs + 10 + random.int(60) }, 40, [power(), power(), sometimes(scene, step('mend'))]),
  ]
}

/** The power fails everywhere, in the middle of something. */
function blackout(scene: Scene): Step[] {
  const { random, members, atMs } = scene
  const all = (verb: Verb): Part[] => members.map((id) => step(verb, id))
  return [
    ...inTurn(scene, 5, times(1 + random.int(4), step('propose'))),
    ...inTurn({ ...scene, atMs: atMs + random.int(40) }, random.pick([0, 10]), all('power')),
    ...inTurn({ ...scene, atMs: atMs + 60 }, random.pick([0, 30]), all('restart')),
  ]
}

/** A leader of yesterday is asked. */
function staleReads(scene: Scene): Step[] {
  const { random } = scene
  const other = any(scene)
  return inTurn(scene, random.pick([10, 40, 100]), [
    step('split', 'leader', group(scene)),
    step('campaign', other),
    ...times(1 + random.int(3), step('propose', other)),
    ...times(2, step('read')),
    step('campaign', other),
    ...times(2, step('read')),
    sometimes(scene, step('mend')),
    step('read'),
  ])
}

/** A leader of today is asked before it knows what was committed yesterday. */
function earlyReads(scene: Scene): Step[] {
  const { random } = scene
  const to = any(scene)
  const paceMs = random.pick([3, 10, 30])
  return inTurn(scene, paceMs, [
    ...times(1 + random.int(3), step('propose')),
    step(random.pick<Verb>(['transfer', 'campaign']), to, to),
    ...times(8, step('read')),
  ])
}

/** Somebody was away while much happened and the log was cut; more goes wrong when it comes back. */
function catchUp(scene: Scene): Step[] {
  const { random } = scene
  const away = any(scene)
  return inTurn(scene, random.pick([5, 20, 60]), [
    step(random.pick<Verb>(['crash', 'power']), away),
    ...times(4 + random.int(6), step('propose')),
    step('compact'),
    step('restart', away),
    ...times(random.int(4), step('propose')),
    step(random.pick<Verb>(['campaign', 'transfer', 'bouncePower', 'read']), any(scene), away),
  ])
}

export const EPISODES: readonly Episode[] = [
  rivals,
  rivals,
  oldEntry,
  oldEntry,
  inheritedChange,
  changes,
  changes,
  duel,
  blackout,
  staleReads,
  earlyReads,
  catchUp,
]
