/** Which names a definition may have. Models apiextensions-apiserver pkg/controller/status/naming_controller.go. */
import { deepEqual } from '../../objects/equal.ts'
import { conditionOf } from '../../objects/meta.ts'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
} from '../../objects/types.gen.ts'

export type Condition = CustomResourceDefinitionCondition

interface Verdict {
  names: CustomResourceDefinitionNames
  accepted: Condition
  established: Condition
}

type Names = CustomResourceDefinitionNames

const NONE: Names = { plural: '', kind: '' }

const INSTALLING: Condition = {
  type: 'Established',
  status: 'False',
  reason: 'Installing',
  message: 'the initial names have been accepted',
}
const NOT_ACCEPTED: Condition = {
  type: 'Established',
  status: 'False',
  reason: 'NotAccepted',
  message: 'not all names are accepted',
}
const NO_CONFLICTS: Condition = {
  type: 'NamesAccepted',
  status: 'True',
  reason: 'NoConflicts',
  message: 'no conflicts found',
}

const conflict = (reason: string, message: string): Condition => ({
  type: 'NamesAccepted',
  status: 'False',
  reason,
  message,
})

const inUse = (name: string): string => `${JSON.stringify(name)} is already in use`

/** Names that the other definitions of the group hold. */
function taken(others: readonly CustomResourceDefinition[]): { resources: Set<string>; kinds: Set<string> } {
  const accepted = others.map(({ status }) => status?.acceptedNames ?? NONE)
  const present = (names: (string | undefined)[]): string[] =>
    names.filter((name): name is string => (name ?? '') !== '')
  return {
    resources: new Set(
      accepted.flatMap(({ plural, singular, shortNames = [] }) => present([plural, singular, ...shortNames])),
    ),
    kinds: new Set(accepted.flatMap(({ kind, listKind }) => present([kind, listKind]))),
  }
}

const FIELDS = [
  ['plural', 'PluralConflict', 'resources'],
  ['singular', 'SingularConflict', 'resources'],
  ['shortNames', 'ShortNamesConflict', 'resources'],
  ['kind', 'KindConflict', 'kinds'],
  ['listKind', 'ListKindConflict', 'kinds'],
] as const

/** The last conflict is told; what does not conflict is accepted. `others`: of the same group. */
export function judgeNames(
  { spec, status }: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
): Verdict {
  const used = taken(others)
  const before = status?.acceptedNames ?? NONE
  let names: Names = { ...before }
  let accepted = NO_CONFLICTS
  for (const [field, reason, where] of FIELDS) {
    const problem = problemOf(spec.names[field], before[field], used[where])
    if (problem !== undefined) accepted = conflict(reason, problem)
    else names = withName(names, field, spec.names[field])
  }
  names = withName(names, 'categories', spec.names.categories)
  const known = conditionOf(status?.conditions ?? undefined, 'Established') ?? NOT_ACCEPTED
  const isNew = known.status !== 'True' && accepted.status === 'True'
  return { names, accepted, established: isNew ? INSTALLING : known }
}

function withName(names: Names, field: keyof Names, value: string | string[] | undefined): Names {
  if (value !== undefined) return { ...names, [field]: value }
  const { [field]: _, ...rest } = names
  return rest as Names
}

function problemOf(
  wanted: string | string[] | undefined,
  before: string | string[] | undefined,
  used: Set<string>,
): string | undefined {
  if (deepEqual(wanted, before) || wanted === undefined) return undefined
  const owned = Array.isArray(before) ? before : []
  const problems = [wanted]
    .flat()
    .filter((name) => !owned.includes(name) && used.has(name))
    .map(inUse)
  return problems.length > 1 ? `[${problems.join(', ')}]` : problems[0]
}
