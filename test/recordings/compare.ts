/**
 * Lays the story of a simulated cluster beside that of a real one. The rules, and why, are in README.md:
 * conditions, nodes and scalings step by step; counts where they rest; pods of a set as a bag of lives.
 */
import type { Moment, Story } from './story.ts'

export interface Rules {
  /** How far apart the same thing may happen. */
  toleranceMs: number
  /** Every single size of every ReplicaSet in the same order; else sizes that follow each other within a second are one step. */
  exactSizes: boolean
  /** Hollow: when a container counts as running is the fake runtime's affair. */
  hollow: boolean
  /** How long a state must last to be no passing one, and how close steps of a size must be to be one. */
  restMs: number
  /** Only the lives of these sets of pods are compared. */
  only?: string[]
  /** The lives of pods are not compared. */
  withoutLives?: boolean
  /** Pods whose first container lives so briefly that it is chance whether a look saw it ready. */
  brief?: string[]
  /** What comes later is not compared. */
  untilMs?: number
  /** Events that came by chance in the recording: `who: reason`. */
  chance: string[]
}

export function differences(recorded: Story, replayed: Story, rules: Rules): string[] {
  const [real, simulated] = [upTo(recorded, rules.untilMs), upTo(replayed, rules.untilMs)]
  if (rules.only !== undefined) return comparePods(pick(real, rules.only), pick(simulated, rules.only), rules)
  return [
    ...compareLines(real, simulated, rules),
    ...(rules.withoutLives === true ? [] : comparePods(real, simulated, rules)),
    ...compareEvents(real, simulated, rules),
  ]
}

function pick(story: Story, sets: string[]): Story {
  return { ...story, pods: Object.fromEntries(Object.entries(story.pods).filter(([set]) => sets.includes(set))) }
}

/** What happened up to an offset. */
function upTo({ lines, pods, events }: Story, untilMs = Infinity): Story {
  const cut = (moments: Moment[]): Moment[] => moments.filter(([at]) => at <= untilMs)
  const each = (by: Record<string, Moment[]>): Record<string, Moment[]> =>
    Object.fromEntries(
      Object.entries(by)
        .map(([key, moments]): [string, Moment[]] => [key, cut(moments)])
        .filter(([, moments]) => moments.length > 0),
    )
  const lives = Object.entries(pods).map(([set, all]): [string, Story['pods'][string]] => [
    set,
    all.map(({ node, steps }) => ({ node, steps: cut(steps) })).filter(({ steps }) => steps.length > 0),
  ])
  return { lines: each(lines), pods: Object.fromEntries(lives), events: each(events) }
}

function compareLines(real: Story, simulated: Story, rules: Rules): string[] {
  return union(real.lines, simulated.lines).flatMap((key) => {
    const [a, b] = [real.lines[key] ?? [], simulated.lines[key] ?? []]
    if (/ name$/.test(key))
      return (a.length === 0) === (b.length === 0)
        ? []
        : [`${key}: ${a.length} in the recording, ${b.length} simulated`]
    if (/ status$/.test(key)) return compareRests(key, a, b, rules)
    if (/^replicaset\/.* spec$/.test(key) && !rules.exactSizes)
      return compareStates(key, strides(a, rules), strides(b, rules), rules)
    return compareStates(key, a, b, rules)
  })
}

function compareStates(key: string, real: Moment[], simulated: Moment[], { toleranceMs }: Rules): string[] {
  const length = Math.max(real.length, simulated.length)
  for (let i = 0; i < length; i++) {
    const [a, b] = [real[i], simulated[i]]
    if (a?.[1] !== b?.[1])
      return [`${key}, state ${i + 1}:\n${context(real, i)}\n${context(simulated, i, 'simulated')}`]
    if (Math.abs((a?.[0] ?? 0) - (b?.[0] ?? 0)) > toleranceMs)
      return [`${key}, state ${i + 1} (${a?.[1]}): at ${a?.[0]} ms in the recording, at ${b?.[0]} ms simulated`]
  }
  return []
}

/** Every state that lasts in one run occurs in the other, in the same order and at about the same time. */
function compareRests(key: string, real: Moment[], simulated: Moment[], rules: Rules): string[] {
  return [
    ...missingRests(key, real, simulated, rules, 'only in the recording'),
    ...missingRests(key, simulated, real, rules, 'only simulated'),
  ]
}

function missingRests(
  key: string,
  from: Moment[],
  among: Moment[],
  { toleranceMs, restMs }: Rules,
  where: string,
): string[] {
  let next = 0
  for (const [i, [at, state]] of from.entries()) {
    const until = from[i + 1]?.[0] ?? Infinity
    if (until - at < restMs) continue
    const found = among.findIndex(
      ([, one], j) => j >= next && one === state && overlaps(among, j, at, until, toleranceMs),
    )
    if (found < 0)
      return [
        `${key}, ${where}: ${state} from ${at} to ${until} ms; the other run:\n${among
          .slice(Math.max(0, next - 1), next + 6)
          .map(show)
          .join('\n')}`,
      ]
    next = found
  }
  return []
}

function overlaps(line: Moment[], index: number, from: number, until: number, toleranceMs: number): boolean {
  const [at] = line[index] as Moment
  return at <= until + toleranceMs && (line[index + 1]?.[0] ?? Infinity) >= from - toleranceMs
}

/** Sizes in the same direction that follow each other closely, as one. */
function strides(line: Moment[], { restMs }: Rules): Moment[] {
  const sizes = line.map(([at, state]): [number, number] => [at, Number(state.replace('replicas ', ''))])
  const kept: [number, number][] = []
  for (const [i, [at, size]] of sizes.entries()) {
    const [before, last] = [kept[kept.length - 2], kept[kept.length - 1]]
    const close = i > 1 && at - (sizes[i - 1]?.[0] ?? 0) < restMs
    const sameWay =
      before !== undefined && last !== undefined && Math.sign(last[1] - before[1]) === Math.sign(size - last[1])
    if (close && sameWay) last[1] = size
    else kept.push([at, size])
  }
  return kept.map(([at, size]) => [at, `replicas ${size}`])
}

function comparePods(real: Story, simulated: Story, rules: Rules): string[] {
  return union(real.pods, simulated.pods).flatMap((set) => {
    const [a, b] = [real.pods[set] ?? [], simulated.pods[set] ?? []].map((pods) =>
      pods.map(({ steps }) => lifeOf(steps, rules, rules.brief?.includes(set) === true)),
    )
    return [
      ...compareBags(`lives of ${set}`, (a ?? []).map(telling), (b ?? []).map(telling)),
      ...compareTimes(set, (a ?? []).flat(), (b ?? []).flat(), rules),
    ]
  })
}

/** What a pod went through, less what is chance. */
function lifeOf(steps: Moment[], { hollow }: Rules, isBrief: boolean): Moment[] {
  const ended = isBrief ? steps.findIndex(([, step]) => step.startsWith('terminated')) : -1
  const doomed = steps.findIndex(([, step]) => step.startsWith('deleting') || step.startsWith('disrupted'))
  const isFirst = (step: string, i: number): boolean => steps.findIndex(([, one]) => one === step) === i
  const isChance = ([, step]: Moment, i: number): boolean =>
    (hollow && step === 'Running') ||
    (step === 'ready' && doomed >= 0 && i > doomed) ||
    (['ready', 'unready'].includes(step) && i < ended) ||
    (step.startsWith('waiting') && !isFirst(step, i))
  return steps.filter((moment, i) => !isChance(moment, i))
}

function telling(steps: Moment[]): string {
  return steps.map(([, step]) => step).join(', ')
}

function compareTimes(set: string, real: Moment[], simulated: Moment[], { toleranceMs }: Rules): string[] {
  const times = (steps: Moment[], step: string): number[] =>
    steps
      .filter(([, one]) => one === step)
      .map(([at]) => at)
      .sort((x, y) => x - y)
  return [...new Set(real.map(([, step]) => step))].flatMap((step) => {
    const [a, b] = [times(real, step), times(simulated, step)]
    const wrong = a.findIndex((at, i) => b[i] !== undefined && Math.abs(at - b[i]) > toleranceMs)
    return wrong < 0
      ? []
      : [
          `${set}: ${step}, the ${wrong + 1}. of ${a.length}: at ${a[wrong]} ms in the recording, at ${b[wrong]} ms simulated`,
        ]
  })
}

function compareEvents(real: Story, simulated: Story, rules: Rules): string[] {
  return union(real.events, simulated.events).flatMap((who) => {
    const [a, b] = [real.events[who] ?? [], simulated.events[who] ?? []].map((events) =>
      events.filter(([, text]) => !isChance(who, text, rules)),
    )
    if (who.startsWith('Node/')) return compareStates(`events of ${who}`, a ?? [], b ?? [], rules)
    if (who.startsWith('Deployment/'))
      return rules.exactSizes ? compareStates(`events of ${who}`, a ?? [], b ?? [], rules) : []
    const [all, others] = [(a ?? []).map(([, text]) => text), (b ?? []).map(([, text]) => text)]
    return rules.hollow
      ? compareBags(`events of ${who}`, all, others)
      : compareBags(`kinds of events of ${who}`, [...new Set(all)], [...new Set(others)])
  })
}

function isChance(who: string, text: string, { chance, hollow }: Rules): boolean {
  if (!hollow && /^Pull(ing|ed): /.test(text)) return true
  return chance.some((one) => `${who}: ${text}`.startsWith(one))
}

function compareBags(what: string, real: string[], simulated: string[]): string[] {
  const rest = [...simulated]
  const missing = real.filter((one) => {
    const index = rest.indexOf(one)
    if (index >= 0) rest.splice(index, 1)
    return index < 0
  })
  if (missing.length === 0 && rest.length === 0) return []
  return [
    `${what}:\n${missing.map((one) => `  only in the recording: ${one}`).join('\n')}\n${rest.map((one) => `  only simulated:        ${one}`).join('\n')}`,
  ]
}

function union(a: Record<string, unknown>, b: Record<string, unknown>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
}

function context(line: Moment[], index: number, whose = 'recording'): string {
  const from = Math.max(0, index - 2)
  return [
    `  ${whose}:`,
    ...line.slice(from, index + 3).map((moment, i) => `${from + i === index ? '  > ' : '    '}${show(moment)}`),
  ].join('\n')
}

function show([at, state]: Moment): string {
  return `${at} ms ${state}`
}
