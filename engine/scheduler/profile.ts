/** What a scheduler runs for the pods of one schedulerName. Models pkg/scheduler/profile (E1). */
import { FILTERS } from './filters/index.ts'
import { SCHEDULER_NAME } from './flags.ts'
import type { Filter, Score } from './plugin.ts'
import { SCORES } from './scores/index.ts'
import { fitScore } from './scores/node-resources.ts'
import type { ScoringStrategy } from './scores/node-resources.ts'

/** A profile as plain data; names that are not simulated run nothing. */
export interface Profile {
  schedulerName: string
  /** Filters in order, by their plugins' names. */
  filters: readonly string[]
  scores: readonly { name: string; weight: number }[]
  /** Whether DefaultPreemption runs. */
  preempts: boolean
  /** NodeResourcesFit's scoringStrategy, where the configuration has one. */
  scoring?: ScoringStrategy
}

/** What a process is started with; what is absent is as without a configuration file. */
export interface SchedulerStart {
  leaderElect?: boolean
  profiles?: readonly Profile[]
}

/** The plugins of a profile. */
export interface Plugins {
  schedulerName: string
  filters: readonly Filter[]
  scores: readonly Score[]
  preempts: boolean
}

const DEFAULT: Plugins = { schedulerName: SCHEDULER_NAME, filters: FILTERS, scores: SCORES, preempts: true }

/** The plugins by schedulerName; without profiles those of upstream's default. */
export function pluginsOf(profiles: readonly Profile[] | undefined): Map<string, Plugins> {
  if (profiles === undefined) return new Map([[SCHEDULER_NAME, DEFAULT]])
  return new Map(profiles.map((profile) => [profile.schedulerName, made(profile)]))
}

function made({ schedulerName, filters, scores, preempts, scoring }: Profile): Plugins {
  return {
    schedulerName,
    preempts,
    filters: filters.flatMap((name) => FILTERS.find((filter) => filter.name === name) ?? []),
    scores: scores.flatMap(({ name, weight }) => {
      if (name === 'NodeResourcesFit' && scoring !== undefined) return [fitScore(scoring, weight)]
      const score = SCORES.find((one) => one.name === name)
      return score === undefined ? [] : [{ ...score, weight }]
    }),
  }
}
