/** What a scenario file says: the one definition behind the types, the loader and scenarios.schema.json. */
import { CHECKS } from '../checks/index.ts'
import { schemasOf } from '../checks/basic.ts'
import { FAULTS } from '../faults/index.ts'
import { localized } from './common.ts'
import { hoistRepeats } from './hoist.ts'
import { choice, duration, fields, integer, list, mapOf, oneKind, optional, text } from './schema.ts'
import type { Infer, JsonSchema, Schema } from './schema.ts'

/** The exam's domains. */
export const DOMAINS = [
  'cluster-architecture',
  'services-networking',
  'storage',
  'troubleshooting',
  'workloads-scheduling',
] as const
export type Domain = (typeof DOMAINS)[number]

/** A difficulty is a band of time, not an opinion: the time budget must lie in it, in minutes. */
export const DIFFICULTIES = { warmup: [1, 5], core: [5, 10], advanced: [10, 20], expert: [20, 60] } as const
export type Difficulty = keyof typeof DIFFICULTIES

const NAME = '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'

const scalar: Schema<string | number | boolean> = { json: { type: ['string', 'number', 'boolean'] } }
const parameter = fields(
  { oneOf: list(scalar, 'The values; the seed of the attempt picks one.', 1) },
  'A value that differs between attempts.',
)

const cluster = fields(
  {
    name: optional(text('The name of the cluster; kubernetes when left out. Texts say {{cluster}}.')),
    release: optional(text('The Kubernetes release.', { pattern: '^1\\.[0-9]{2}$' })),
    controlPlanes: optional(choice([1, 3], 'Control-plane hosts; 1 when left out.')),
    workers: optional(integer('Worker hosts; 2 when left out.', 0, 30)),
    bare: optional(list(text('A host.', { pattern: NAME }), 'Prepared machines that have not joined.')),
    storage: optional(
      choice(['local-path'], 'A provisioner with a default StorageClass; none when left out, as kubeadm has it.'),
    ),
  },
  'The cluster that the scenario starts on.',
)

const timing = {
  within: optional(duration('It must become true within this time.')),
  stableFor: optional(duration('Once true it must stay so for this long.')),
  always: optional(duration('It must be true all through this time.')),
  never: optional(duration('It must at no moment of this time be true.')),
}

const check = oneKind(
  {
    id: text('A short name, for `requires` and for reports.', { pattern: NAME }),
    name: localized('The criterion, in a few words.'),
    points: integer('What it is worth.', 1, 100),
    because: localized('Why it matters: what the learner reads whether it passed or failed.'),
    requires: optional(
      list(
        text('The id of another check.'),
        'Judged only when these passed: for what is true before anything is done.',
        1,
      ),
    ),
    ...timing,
  },
  schemasOf(CHECKS),
  'One criterion.',
)

const hint = fields(
  {
    en: text('In English.'),
    ko: text('한국어로.'),
    cost: optional(integer('Points that taking it costs; none when left out.', 0, 100)),
  },
  'A hint; each says more than the one before.',
)

const decoy = fields(
  {
    name: text('The mistake, in a few words.'),
    run: text('A script that a learner might try, on the base host.'),
    points: integer('How many points it gets at most. All the points is no decoy.'),
  },
  'A plausible but wrong or half answer, which must not pass.',
)

const specFields = {
  domain: choice(DOMAINS, 'The domain of the exam.'),
  competency: text("The competency in the curriculum's words."),
  difficulty: choice(
    ['warmup', 'core', 'advanced', 'expert'] as const,
    'A band of time: warmup up to 5 minutes, core 5 to 10, advanced 10 to 20, expert 20 to 60.',
  ),
  time: duration('The time budget.'),
  cluster: optional(cluster),
  parameters: optional(
    mapOf(
      parameter,
      'Values that differ between attempts, named {{so}} in texts and values.',
      '^[A-Za-z][A-Za-z0-9]*$',
    ),
  ),
  task: localized('What the learner reads. It must name everything that is checked.'),
  toFind: optional(
    list(text('A name.'), 'Names that checks use and the task keeps back on purpose: to find them is the exercise.', 1),
  ),
  setup: optional(
    list(oneKind({}, schemasOf(FAULTS), 'One step.'), 'What is done to the cluster before the clock starts.'),
  ),
  checks: list(check, 'The criteria.', 1),
  hints: list(hint, 'Hints, from a nudge to the command.', 1),
  solution: text('A script for the base host that solves it, as the candidate.'),
  explanation: localized('Why the solution is one, shown with the result.'),
  decoys: list(decoy, 'Answers that must not pass.', 2),
}

const scenarioFields = {
  apiVersion: choice(['kubeflight.dev/v1'] as const, 'The version of this format.'),
  kind: choice(['Scenario'] as const, 'Always Scenario.'),
  metadata: fields(
    { name: text('A short name, unique.', { pattern: NAME }), title: localized('The title in the catalogue.') },
    'How the scenario is called.',
  ),
  spec: fields(specFields, 'The scenario itself.'),
}

const whole = fields(scenarioFields, 'A graded exercise on a Kubernetes cluster.')

export type Scenario = Infer<typeof whole>
export type Spec = Scenario['spec']
export type Check = Spec['checks'][number]
export type Hint = Infer<typeof hint>
export type Decoy = Infer<typeof decoy>
export type Parameters = Record<string, string | number | boolean>

/** The schema that the loader validates by. */
export function scenarioSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://kubeflight.dev/scenarios.schema.json',
    title: 'Kubeflight scenario',
    ...whole.json,
  }
}

/** The same with what repeats under `$defs`: what scenarios.schema.json holds, for editors. */
export function scenarioSchemaDocument(): JsonSchema {
  return { ...scenarioSchema(), ...hoistRepeats(whole.json) }
}
