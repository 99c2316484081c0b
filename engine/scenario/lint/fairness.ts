/** What no schema can say: sums, references, bands of time, names of hosts, expressions. */
import { parseGoDuration } from '../../objects/duration.ts'
import { CHECKS } from '../checks/index.ts'
import { pickKind } from '../checks/basic.ts'
import { celSyntaxError } from '../cel.ts'
import { placeholdersOf } from '../format/interpolate.ts'
import type { DocumentPath, Finding } from '../format/problem.ts'
import { nearest } from '../format/problem.ts'
import { DIFFICULTIES } from '../format/scenario.ts'
import type { Check, Scenario } from '../format/scenario.ts'
import { isMapping } from '../match.ts'
import { hostNames } from '../prepare.ts'
import { mentionsOf } from './mentions.ts'

/** All the points of a scenario. */
export function totalPoints(scenario: Scenario): number {
  return scenario.spec.checks.reduce((sum, check) => sum + check.points, 0)
}

export function lintTime(scenario: Scenario): Finding[] {
  const minutes = parseGoDuration(scenario.spec.time) / 60_000
  const [low, high] = DIFFICULTIES[scenario.spec.difficulty]
  if (minutes >= low && minutes <= high) return []
  const fitting = Object.entries(DIFFICULTIES).find(([, band]) => minutes >= band[0] && minutes <= band[1])?.[0]
  return [
    {
      path: ['spec', 'difficulty'],
      message: `difficulty ${scenario.spec.difficulty} is ${low} to ${high} minutes, but the time is ${scenario.spec.time}`,
      remedy: fitting === undefined ? 'a scenario takes 1 to 60 minutes' : `write ${fitting}, or change the time`,
    },
  ]
}

/** `{{name}}` must be declared, and what is declared must be used. */
export function lintParameters(scenario: Scenario): Finding[] {
  const declared = ['cluster', ...Object.keys(scenario.spec.parameters ?? {})]
  const used = new Set<string>()
  const unknown: Finding[] = []
  walk(scenario, [], (value, path) => {
    for (const name of placeholdersOf(value)) {
      used.add(name)
      if (declared.includes(name)) continue
      const near = nearest(name, declared)
      unknown.push({
        path,
        message: `{{${name}}} is no parameter`,
        remedy:
          near === undefined
            ? `declare it under spec.parameters; known: ${declared.join(', ')}`
            : `did you mean {{${near}}}?`,
      })
    }
  })
  const idle = declared.slice(1).filter((name) => !used.has(name))
  return [
    ...unknown,
    ...idle.map((name) => ({
      path: ['spec', 'parameters'],
      key: name,
      message: `the parameter ${name} is never used`,
      remedy: `use {{${name}}}, or take it out`,
    })),
  ]
}

function walk(value: unknown, path: DocumentPath, visit: (text: string, path: DocumentPath) => void): void {
  if (typeof value === 'string') return visit(value, path)
  if (Array.isArray(value)) return value.forEach((one, index) => walk(one, [...path, index], visit))
  if (!isMapping(value)) return
  for (const [key, one] of Object.entries(value)) {
    visit(key, path)
    walk(one, [...path, key], visit)
  }
}

/** Ids are unique, and a check requires only checks before it. */
export function lintOrder(scenario: Scenario): Finding[] {
  const before: string[] = []
  return scenario.spec.checks.flatMap((check, index) => {
    const path = ['spec', 'checks', index]
    const twice = before.includes(check.id)
      ? [{ path, key: 'id', message: `two checks are called "${check.id}"`, remedy: 'give one of them another id' }]
      : []
    const strange = (check.requires ?? []).filter((id) => !before.includes(id))
    before.push(check.id)
    return [
      ...twice,
      ...strange.map((id) => ({
        path: [...path, 'requires'],
        message: `requires "${id}", which is no check before this one`,
        remedy: `known so far: ${before.slice(0, -1).join(', ') || 'none'}`,
      })),
    ]
  })
}

export function lintTiming(scenario: Scenario): Finding[] {
  return scenario.spec.checks.flatMap((check, index) => {
    const watches = [check.always, check.never].filter((one) => one !== undefined).length
    const waits = [check.within, check.stableFor].some((one) => one !== undefined)
    if (watches < 2 && !(watches === 1 && waits)) return []
    return [
      {
        path: ['spec', 'checks', index],
        message: 'always, never and within/stableFor exclude each other',
        remedy: 'keep one way to look at time',
      },
    ]
  })
}

/** A decoy with all the points would be a second solution. */
export function lintDecoys(scenario: Scenario): Finding[] {
  const total = totalPoints(scenario)
  return scenario.spec.decoys.flatMap((decoy, index) =>
    decoy.points < total
      ? []
      : [
          {
            path: ['spec', 'decoys', index, 'points'],
            message: `a decoy may not get all ${total} points`,
            remedy: 'a decoy is wrong or half',
          },
        ],
  )
}

export function lintHosts(scenario: Scenario): Finding[] {
  const { controlPlanes = 1, workers = 2, bare = [] } = scenario.spec.cluster ?? {}
  const hosts = hostNames({ controlPlanes, workers, bare })
  const checked = scenario.spec.checks.flatMap((check, index) =>
    mentionsOf(check)
      .filter(({ what }) => what === 'host')
      .map(({ text }) => ({ text, path: ['spec', 'checks', index] as DocumentPath })),
  )
  const touched = (scenario.spec.setup ?? []).flatMap((step, index) =>
    hostsOfStep(step).map((text) => ({ text, path: ['spec', 'setup', index] as DocumentPath })),
  )
  return [...checked, ...touched]
    .filter(({ text }) => !hosts.includes(text))
    .map(({ text, path }) => ({
      path,
      message: `the cluster has no host "${text}"`,
      remedy: `its hosts: ${hosts.join(', ')}`,
    }))
}

function hostsOfStep(step: object): string[] {
  return Object.values(step).flatMap((argument: unknown) => {
    if (!isMapping(argument)) return []
    const pair = Array.isArray(argument['between']) ? (argument['between'] as unknown[]) : []
    return [argument['on'], argument['host'], ...pair].filter((one): one is string => typeof one === 'string')
  })
}

/** Expressions that cannot be read, and checks that contradict themselves. */
export function lintExpressions(scenario: Scenario): Finding[] {
  return scenario.spec.checks.flatMap((check, index) => [
    ...expressionFindings(check, index),
    ...patternFindings(check, ['spec', 'checks', index]),
  ])
}

function expressionFindings(check: Check, index: number): Finding[] {
  const path = ['spec', 'checks', index]
  const { name, argument } = pickKind(CHECKS, check)
  const error = check.cel === undefined ? undefined : celSyntaxError(check.cel.expression)
  const cel =
    error === undefined ? [] : [{ path: [...path, 'cel', 'expression'], message: `CEL: ${error}`, remedy: '' }]
  const both =
    isMapping(argument) &&
    argument['absent'] === true &&
    (argument['match'] ?? argument['text'] ?? argument['yaml']) !== undefined
  return both
    ? [...cel, { path: [...path, name], message: 'absent, and how it looks', remedy: 'what is absent cannot match' }]
    : cel
}

function patternFindings(value: unknown, path: DocumentPath): Finding[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => patternFindings(one, [...path, index]))
  if (!isMapping(value)) return []
  return Object.entries(value).flatMap(([key, one]) =>
    key === 'like' && typeof one === 'string'
      ? brokenPattern(one, [...path, key])
      : patternFindings(one, [...path, key]),
  )
}

function brokenPattern(pattern: string, path: DocumentPath): Finding[] {
  try {
    new RegExp(pattern)
    return []
  } catch (error) {
    return [
      { path, message: error instanceof Error ? error.message : String(error), remedy: 'write a regular expression' },
    ]
  }
}

/** A name in toFind that no check uses is a leftover. */
export function lintToFind(scenario: Scenario): Finding[] {
  const used = new Set(scenario.spec.checks.flatMap(mentionsOf).map(({ text }) => text))
  return (scenario.spec.toFind ?? []).flatMap((name, index) =>
    used.has(name)
      ? []
      : [{ path: ['spec', 'toFind', index], message: `"${name}" is in no check`, remedy: 'take it out' }],
  )
}
