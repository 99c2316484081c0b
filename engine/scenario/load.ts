/** A scenario from its text: read, validated, linted. A file with a problem gives no scenario. */
import { readDocument } from './format/document.ts'
import { interpolate } from './format/interpolate.ts'
import type { Finding, Problem } from './format/problem.ts'
import type { Scenario } from './format/scenario.ts'
import { validate } from './format/validate.ts'
import {
  lintDecoys,
  lintExpressions,
  lintHosts,
  lintOrder,
  lintParameters,
  lintTime,
  lintTiming,
  lintToFind,
} from './lint/fairness.ts'
import { lintMentions } from './lint/mentions.ts'
import { parameterCover } from './prepare.ts'

/** Rules on the text as written, and rules on what a learner reads once the parameters are in. */
const WRITTEN = [lintTime, lintParameters, lintOrder, lintTiming, lintDecoys]
const FILLED = [lintMentions, lintHosts, lintExpressions, lintToFind]

/** `path` is used for one rule: a file is called as its scenario. */
export function loadScenario(text: string, path: string): { scenario: Scenario } | { problems: Problem[] } {
  const document = readDocument(text)
  if ('problems' in document) return document
  const validated = validate(document.value)
  const findings = 'findings' in validated ? validated.findings : lint(validated.scenario, path)
  if (findings.length > 0)
    return { problems: findings.map(document.place).sort((a, b) => a.line - b.line || a.column - b.column) }
  return 'scenario' in validated ? validated : { problems: [] }
}

function lint(scenario: Scenario, path: string): Finding[] {
  const written = [...lintName(scenario, path), ...WRITTEN.flatMap((rule) => rule(scenario))]
  if (written.length > 0) return written
  const findings = parameterCover(scenario).flatMap((parameters) => {
    const filled = interpolate(scenario, { cluster: scenario.spec.cluster?.name ?? 'kubernetes', ...parameters })
    const again = validate(filled)
    return 'findings' in again ? again.findings : FILLED.flatMap((rule) => rule(filled))
  })
  return findings.filter((one, index) => findings.findIndex((other) => sameFinding(one, other)) === index)
}

const sameFinding = (a: Finding, b: Finding): boolean =>
  a.message === b.message && a.path.join('/') === b.path.join('/')

function lintName(scenario: Scenario, path: string): Finding[] {
  const file = path.replace(/^.*\//, '').replace(/\.ya?ml$/, '')
  const { name } = scenario.metadata
  return file === name
    ? []
    : [
        {
          path: ['metadata', 'name'],
          message: `the scenario is called "${name}", its file "${file}"`,
          remedy: 'give both one name',
        },
      ]
}
