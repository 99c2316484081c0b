/** --audit-policy-file. Models apiserver audit/policy/reader.go and apis/audit/validation. What the rules then write: api/audit.ts. */
import { decode, listOf, strictProblem, textOf, fieldOf } from './config-file.ts'
import type { Fields, Schema } from './config-file.ts'
import { openProblem } from './host.ts'
import type { FlagHost } from './host.ts'
import { quoted } from './values.ts'

const KINDS = { Policy: ['audit.k8s.io/v1', 'audit.k8s.io/v1beta1', 'audit.k8s.io/v1alpha1'] }
const LEVELS = ['None', 'Metadata', 'Request', 'RequestResponse']
const STAGES = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic']
const POLICY: Schema = {
  apiVersion: true,
  kind: true,
  metadata: true,
  omitManagedFields: true,
  omitStages: true,
  rules: [
    {
      level: true,
      users: true,
      userGroups: true,
      verbs: true,
      resources: [{ group: true, resources: true, resourceNames: true }],
      namespaces: true,
      nonResourceURLs: true,
      omitStages: true,
      omitManagedFields: true,
    },
  ],
}

/** The policy of a file, or why the API server ends. */
export function readAuditPolicy(host: FlagHost, path: string, minor: number): { policy: Fields } | { error: string } {
  const missing = openProblem(host, path)
  if (missing !== undefined)
    return { error: `loading audit policy file: failed to read file path ${quoted(path)}: ${missing}` }
  const kinds = minor >= 24 ? { Policy: ['audit.k8s.io/v1'] } : KINDS
  const decoded = decode(host.read(path) ?? '', kinds, 'pkg/audit/scheme.go:30')
  const problem = 'error' in decoded ? `failed decoding: ${decoded.error}` : problemOf(decoded.object)
  if (problem !== undefined) return { error: `loading audit policy file: ${problem}: from file ${path}` }
  return { policy: (decoded as { object: Fields }).object }
}

function problemOf(policy: Fields): string | undefined {
  const strict = strictProblem(policy, POLICY)
  if (strict !== undefined) return `failed decoding: ${strict}`
  const rules = listOf(policy['rules'])
  if (rules.length === 0) return 'loaded illegal policy with 0 rules'
  const problems = [
    ...stageProblems(policy['omitStages'], 'omitStages'),
    ...rules.flatMap((rule, index) => ruleProblems(rule, `rules[${index}]`)),
  ]
  if (problems.length === 0) return undefined
  return problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`
}

function ruleProblems(rule: unknown, path: string): string[] {
  const level = textOf(fieldOf(rule, 'level'))
  const levels = LEVELS.map(quoted).join(', ')
  const isMixed =
    listOf(fieldOf(rule, 'nonResourceURLs')).length > 0 &&
    listOf(fieldOf(rule, 'resources')).length + listOf(fieldOf(rule, 'namespaces')).length > 0
  return [
    ...(level === '' ? [`${path}.level: Required value`] : []),
    ...(level !== '' && !LEVELS.includes(level)
      ? [`${path}.level: Unsupported value: ${quoted(level)}: supported values: ${levels}`]
      : []),
    ...(isMixed
      ? [
          `${path}.nonResourceURLs: Invalid value: ${JSON.stringify(fieldOf(rule, 'nonResourceURLs'))}: rules cannot apply to both regular resources and non-resource URLs`,
        ]
      : []),
    ...stageProblems(fieldOf(rule, 'omitStages'), `${path}.omitStages`),
  ]
}

function stageProblems(stages: unknown, path: string): string[] {
  return listOf(stages).flatMap((stage, index) =>
    STAGES.includes(textOf(stage))
      ? []
      : [`${path}[${index}]: Invalid value: ${quoted(textOf(stage))}: allowed stages are ${STAGES.join(',')}`],
  )
}
