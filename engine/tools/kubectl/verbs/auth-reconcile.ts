/** `kubectl auth reconcile`. Models kubectl/pkg/cmd/auth/reconcile.go and component-helpers auth/rbac/reconciliation. */
import { deepEqual } from '../../../objects/equal.ts'
import { missingRules } from '../../../objects/policy-rules.ts'
import type { PolicyRule, RoleRef, Subject } from '../../../objects/types.gen.ts'
import type { Run } from '../../../host/process.ts'
import { buildLocal, optionsFromFlags, type Info } from '../builder.ts'
import { dryRunOf, forEach, tellerOf, usage, writeQuery, type DryRun } from '../changes.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, isNotFound, throwAll } from '../errors.ts'
import { pathOf } from '../mapper.ts'

export const reconcileCommand: Command = { path: 'auth reconcile', complete: 'none', run: runReconcile }

const GROUP = 'rbac.authorization.k8s.io'
const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate'
const KINDS = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'])

interface Rbac extends ApiObject {
  rules?: PolicyRule[]
  roleRef?: RoleRef
  subjects?: Subject[]
}

/** What there is to do, and what it adds or takes away. */
interface Plan {
  operation: 'none' | 'create' | 'update' | 'recreate'
  object: Rbac
  isProtected: boolean
  missingRules: PolicyRule[]
  extraRules: PolicyRule[]
  missingSubjects: Subject[]
  extraSubjects: Subject[]
}

function* runReconcile(ctx: Context): Run<void> {
  const { flags, args } = ctx
  if (args.length > 0) throw usage(ctx, 'no arguments are allowed')
  if (flags.list('filename').length === 0 && !flags.text('kustomize'))
    throw new CommandError('must specify one of -f and -k')
  const dryRun = yield* dryRunOf(ctx)
  const tell = yield* tellerOf(ctx, dryRun)
  const { infos, errors } = yield* buildLocal(ctx, { ...optionsFromFlags(ctx), validate: false })
  yield* forEach(infos, errors, function* (info) {
    if (info.type.group !== GROUP || !KINDS.has(info.type.kind)) return
    if (info.type.version !== 'v1')
      throw new CommandError(
        `only rbac.authorization.k8s.io/v1 is supported: not *${info.type.version}.${info.type.kind}`,
      )
    const plan = yield* planOf(ctx, info)
    const made = yield* carryOut(ctx, info, plan, dryRun)
    yield* tell(made, 'reconciled')
    yield* report(ctx, plan)
  })
  throwAll(errors)
}

function* planOf(ctx: Context, info: Info): Run<Plan> {
  const client = yield* ctx.session.client()
  const expected = info.object as Rbac
  try {
    return merged(ctx, yield* client.get<Rbac>(pathOf(info.type, info.namespace, info.name)), expected)
  } catch (error) {
    if (!isNotFound(error)) throw error
    const { rules = [], subjects = [] } = expected
    return { ...nothing(expected), operation: 'create', missingRules: rules, missingSubjects: subjects }
  }
}

const nothing = (object: Rbac): Plan => ({
  operation: 'none',
  object,
  isProtected: false,
  missingRules: [],
  extraRules: [],
  missingSubjects: [],
  extraSubjects: [],
})

const isSame = (a: Subject, b: Subject): boolean =>
  a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '')

const without = (subjects: Subject[], others: Subject[]): Subject[] =>
  subjects.filter((one) => !others.some((other) => isSame(one, other)))

function merged({ flags }: Context, existing: Rbac, expected: Rbac): Plan {
  const [rules, wanted] = [existing.rules ?? [], expected.rules ?? []]
  const [subjects, asked] = [existing.subjects ?? [], expected.subjects ?? []]
  const plan: Plan = {
    ...nothing(existing),
    isProtected: existing.metadata?.annotations?.[AUTOUPDATE] === 'false',
    missingRules: missingRules(rules, wanted),
    extraRules: missingRules(wanted, rules),
    missingSubjects: without(asked, subjects),
    extraSubjects: without(subjects, asked),
  }
  if (existing.roleRef !== undefined && !deepEqual(existing.roleRef, expected.roleRef))
    return { ...plan, operation: 'recreate', object: expected }
  const metadata = {
    ...existing.metadata,
    ...mergedTexts('labels', existing, expected),
    ...mergedTexts('annotations', existing, expected),
  }
  const object: Rbac = { ...existing, metadata }
  if (existing.roleRef === undefined)
    object.rules =
      flags.bool('remove-extra-permissions') && plan.extraRules.length > 0 ? wanted : [...rules, ...plan.missingRules]
  else
    object.subjects =
      flags.bool('remove-extra-subjects') && plan.extraSubjects.length > 0
        ? asked
        : [...subjects, ...plan.missingSubjects]
  return { ...plan, object, operation: deepEqual(object, existing) ? 'none' : 'update' }
}

function mergedTexts(field: 'labels' | 'annotations', existing: Rbac, expected: Rbac): object {
  const both = { ...expected.metadata?.[field], ...existing.metadata?.[field] }
  return Object.keys(both).length === 0 ? {} : { [field]: both }
}

function* carryOut(ctx: Context, info: Info, plan: Plan, dryRun: DryRun): Run<ApiObject> {
  const { operation, object, isProtected } = plan
  if (operation === 'none' || isProtected || dryRun === 'client') return object
  const client = yield* ctx.session.client()
  const query = writeQuery(ctx, dryRun)
  const path = pathOf(info.type, info.namespace, info.name)
  if (operation === 'update') return yield* client.update(path, object, query)
  if (operation === 'recreate') yield* client.delete(path, { kind: 'DeleteOptions', apiVersion: 'v1' })
  else if (info.namespace) yield* ensureNamespace(ctx, info.namespace)
  return yield* client.create(pathOf(info.type, info.namespace), object, query)
}

/** A role's namespace is made with it. */
function* ensureNamespace(ctx: Context, name: string): Run<void> {
  const client = yield* ctx.session.client()
  try {
    yield* client.get(`/api/v1/namespaces/${name}`)
  } catch (error) {
    if (!isNotFound(error)) throw error
    yield* client.create('/api/v1/namespaces', { kind: 'Namespace', apiVersion: 'v1', metadata: { name } })
  }
}

const list = (items: string[] | undefined): string => `[${(items ?? []).join(' ')}]`

const ruleText = ({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): string =>
  `{Verbs:${list(verbs)} APIGroups:${list(apiGroups)} Resources:${list(resources)} ResourceNames:${list(resourceNames)} NonResourceURLs:${list(nonResourceURLs)}}`

const subjectText = ({ kind, apiGroup = '', name, namespace = '' }: Subject): string =>
  `{Kind:${kind} APIGroup:${apiGroup} Name:${name} Namespace:${namespace}}`

function* report({ flags, p }: Context, plan: Plan): Run<void> {
  if (plan.operation === 'none') return
  const caveat = plan.isProtected ? `, but object opted out (${AUTOUPDATE}: false)` : ''
  const block = (title: string, lines: string[]): string =>
    lines.length === 0 ? '' : `\t${title}:\n${lines.map((line) => `\t\t${line}\n`).join('')}`
  yield* p.err(
    [
      `\treconciliation required ${plan.operation}${caveat}\n`,
      block('missing subjects added', plan.missingSubjects.map(subjectText)),
      flags.bool('remove-extra-subjects') ? block('extra subjects removed', plan.extraSubjects.map(subjectText)) : '',
      block('missing rules added', plan.missingRules.map(ruleText)),
      flags.bool('remove-extra-permissions') ? block('extra rules removed', plan.extraRules.map(ruleText)) : '',
    ].join(''),
  )
}
