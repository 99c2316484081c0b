/** One attempt of a scenario: its parameters chosen by the seed, its texts filled in, its cluster described. */
import { Random } from '../kernel/random.ts'
import { parseGoDuration } from '../objects/duration.ts'
import { DEFAULT_RELEASE } from '../objects/kinds.ts'
import type { Localized } from './format/common.ts'
import { interpolate } from './format/interpolate.ts'
import type { Parameters, Scenario } from './format/scenario.ts'
import type { Ports } from './faults/fault.ts'
import { carryOutStep } from './faults/index.ts'

/** What a cluster must be launched with; the caller adds the instant it begins at. */
export interface LaunchOptions {
  seed: string
  name: string
  release: string
  controlPlanes: number
  workers: number
  storage?: 'local-path'
  /** Prepared machines that have not joined. */
  bare?: { name: string }[]
}

export interface PreparedAttempt {
  /** The scenario with every `{{name}}` filled in. */
  scenario: Scenario
  seed: string
  parameters: Parameters
  options: LaunchOptions
  timeMs: number
  task: Localized
  /** Brings a fresh cluster into the state that the learner finds. Throws SetupError. */
  setup(ports: Ports): Promise<void>
}

/** A setup step failed: which one, and why. */
export class SetupError extends Error {}

/** The learner starts here. */
export const START = { host: 'base', user: 'candidate' } as const

/** Chooses the parameters by the seed, or takes the ones given. */
export function prepareAttempt(scenario: Scenario, seed: string, chosen?: Parameters): PreparedAttempt {
  const options = launchOptions(scenario, seed)
  const parameters = { cluster: options.name, ...(chosen ?? chooseParameters(scenario, seed)) }
  const filled = interpolate(scenario, parameters)
  return {
    scenario: filled,
    seed,
    parameters,
    options: { ...options, workers: filled.spec.cluster?.workers ?? 2 },
    timeMs: parseGoDuration(filled.spec.time),
    task: filled.spec.task,
    setup: (ports) => carryOutSetup(filled, ports),
  }
}

function launchOptions(scenario: Scenario, seed: string): LaunchOptions {
  const {
    name = 'kubernetes',
    release = DEFAULT_RELEASE,
    controlPlanes = 1,
    workers = 2,
    storage,
    bare,
  } = scenario.spec.cluster ?? {}
  return {
    seed,
    name,
    release,
    controlPlanes,
    workers,
    ...(storage !== undefined && { storage }),
    ...(bare !== undefined && { bare: bare.map((host) => ({ name: host })) }),
  }
}

function chooseParameters(scenario: Scenario, seed: string): Parameters {
  const random = new Random(seed, `scenario/${scenario.metadata.name}/parameters`)
  const entries = Object.entries(scenario.spec.parameters ?? {})
  return Object.fromEntries(entries.map(([name, { oneOf }]) => [name, random.pick(oneOf)]))
}

/** Sets of parameters in which every value of each occurs at least once: what a proof must try. */
export function parameterCover(scenario: Scenario): Parameters[] {
  const entries = Object.entries(scenario.spec.parameters ?? {})
  const runs = Math.max(1, ...entries.map(([, { oneOf }]) => oneOf.length))
  return Array.from({ length: runs }, (_, run) =>
    Object.fromEntries(entries.map(([name, { oneOf }]) => [name, oneOf[run % oneOf.length] ?? ''])),
  )
}

async function carryOutSetup(scenario: Scenario, ports: Ports): Promise<void> {
  for (const [index, step] of (scenario.spec.setup ?? []).entries()) {
    try {
      await carryOutStep(step, ports)
    } catch (error) {
      throw new SetupError(
        `${scenario.metadata.name}: setup step ${index + 1}: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
}

/** The hosts of a cluster of this shape, by the names that scenarios use. */
export function hostNames(options: { controlPlanes: number; workers: number; bare?: string[] }): string[] {
  const planes =
    options.controlPlanes === 1 ? ['controlplane'] : ['lb', ...numbered('controlplane', options.controlPlanes)]
  return ['base', ...planes, ...numbered('worker', options.workers), ...(options.bare ?? [])]
}

const numbered = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name}-${index + 1}`)
