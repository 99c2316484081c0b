/** Phases of a command, run in order, some left out. Models cmd/kubeadm/app/cmd/phases/workflow (runner.go). */
import type { Proc, Run } from '../../host/process.ts'
import type { FlagSpec } from '../kubectl/flags.ts'
import { KubeadmError, wrapped } from './errors.ts'
import { featuresOf, minorOf } from './release.ts'

/** `D`: what the phases of a command share. */
export interface Phase<D> {
  name: string
  short: string
  /** Alone it is not for a person to run. */
  hidden?: boolean
  flags?: readonly FlagSpec[]
  phases?: readonly Phase<D>[]
  /** `all`, a sub-phase that stands for its siblings. */
  runsSiblings?: boolean
  when?(data: D): boolean
  run?(p: Proc, data: D): Run<void>
}

interface Placed<D> {
  phase: Phase<D>
  path: string
}

/** Every phase with its path, parents before their children. */
export function flatten<D>(phases: readonly Phase<D>[], above = ''): Placed<D>[] {
  return phases.flatMap((phase) => {
    const path = above + phase.name
    return [{ phase, path }, ...flatten(phase.phases ?? [], `${path}/`)]
  })
}

const isUnder = (path: string, parent: string): boolean => path === parent || path.startsWith(`${parent}/`)

export interface Selection {
  /** Only this one, and what it holds. */
  only?: string
  skip?: readonly string[]
}

/** Throws KubeadmError for a name that no phase has. */
export function selected<D>(phases: readonly Phase<D>[], { only, skip = [] }: Selection): Placed<D>[] {
  const all = flatten(phases)
  const named = [...(only === undefined ? [] : [only]), ...skip]
  const unknown = named.find((name) => !all.some(({ path }) => path === name))
  if (unknown !== undefined) throw new KubeadmError(`invalid phase name: ${unknown}`)
  const wanted = only === undefined ? undefined : (all.find(({ path }) => path === only) as Placed<D>)
  const root = wanted?.phase.runsSiblings === true ? only?.replace(/\/[^/]*$/, '') : only
  return all.filter(
    ({ path }) => (root === undefined || isUnder(path, root)) && !skip.some((one) => isUnder(path, one)),
  )
}

/** Runs what is selected; a failure says in which phase. */
export function* runPhases<D>(p: Proc, phases: readonly Phase<D>[], selection: Selection, data: D): Run<void> {
  for (const { phase, path } of selected(phases, selection)) {
    if (phase.run === undefined || phase.runsSiblings === true || phase.when?.(data) === false) continue
    try {
      yield* phase.run(p, data)
    } catch (error) {
      const isPlain =
        error instanceof PreflightError || (path === 'preflight' && featuresOf(minorOf(p.release)).errorPrefix)
      throw isPlain ? error : wrapped(`error execution phase ${path}`, error)
    }
  }
}

/** Says by itself what went wrong: the block of failed checks. */
export class PreflightError extends KubeadmError {}

/** The list of phases in a command's help. */
export function phaseHelp<D>(name: string, phases: readonly Phase<D>[]): string {
  const rows = flatten(phases)
    .filter(({ phase }) => phase.hidden !== true && phase.runsSiblings !== true)
    .map(({ phase, path }) => {
      const level = path.split('/').length - 1
      return { level, use: level === 0 ? phase.name : `/${phase.name}`, short: phase.short }
    })
  const width = Math.max(...rows.map(({ use }) => use.length))
  const lines = rows.map(
    ({ level, use, short }) => `${'  '.repeat(level)}${use}${' '.repeat(width - use.length + 2)}${short}`,
  )
  return `The ${JSON.stringify(name)} command executes the following phases:\n\`\`\`\n${lines.join('\n')}\n\`\`\``
}
