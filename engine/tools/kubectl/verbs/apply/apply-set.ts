/** `apply --prune --applyset`: a parent object knows what belongs to the set. Models kubectl/pkg/cmd/apply/applyset.go (alpha, KUBECTL_APPLYSET=true). */
import forge from 'node-forge'
import type { Run } from '../../../../host/process.ts'
import { listAll, type Info } from '../../builder.ts'
import type { DryRun } from '../../changes.ts'
import type { ApiObject } from '../../client.ts'
import type { Context } from '../../command.ts'
import type { ResourceType } from '../../discovery.ts'
import { CommandError, isNotFound } from '../../errors.ts'
import { apiVersionOf, groupResourceOf, pathOf } from '../../mapper.ts'
import { prune, type Visited } from './prune.ts'

const ID = 'applyset.kubernetes.io/id'
const PART_OF = 'applyset.kubernetes.io/part-of'
const TOOLING = 'applyset.kubernetes.io/tooling'
const NAMESPACES = 'applyset.kubernetes.io/additional-namespaces'
const KINDS = 'applyset.kubernetes.io/contains-group-kinds'
const PARENT_TYPE = 'applyset.kubernetes.io/is-parent-type'
const MANAGER = 'kubectl-applyset'

export interface ApplySet {
  type: ResourceType
  namespace: string
  name: string
  id: string
  /** What the parent said before. */
  kinds: string[]
  namespaces: string[]
}

export const isEnabled = (ctx: Context): boolean => ctx.p.env.KUBECTL_APPLYSET === 'true'

/** `applyset-…-v1`: the SHA-256 of name, namespace, kind and group. */
export function applySetId(name: string, namespace: string, kind: string, group: string): string {
  const digest = forge.md.sha256.create().update([name, namespace, kind, group].join('.'), 'utf8').digest().getBytes()
  const text = forge.util.encode64(digest).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  return `applyset-${text}-v1`
}

/** Flags that do not go together with a set. */
export function checkApplySet({ flags }: Context): void {
  if (!flags.bool('prune')) throw new CommandError('--applyset requires --prune')
  if (flags.list('prune-allowlist').length > 0)
    throw new CommandError('--prune-allowlist is incompatible with --applyset')
  if (flags.bool('all')) throw new CommandError('--all is incompatible with --applyset')
  if (flags.text('selector')) throw new CommandError('--selector is incompatible with --applyset')
}

/** Reads `--applyset=[RESOURCE][.GROUP]/NAME` and the parent's object. */
export function* readApplySet(ctx: Context): Run<ApplySet> {
  const text = ctx.flags.text('applyset')
  const slash = text.indexOf('/')
  const mapper = yield* ctx.session.mapper()
  const word = slash < 0 ? 'secrets' : text.slice(0, slash)
  const name = text.slice(slash + 1)
  if (name === '') throw new CommandError(`invalid parent reference ${JSON.stringify(text)}: name cannot be blank`)
  const type = mapper.find(word)
  if (type === undefined)
    throw new CommandError(
      `invalid parent reference ${JSON.stringify(text)}: no matches for ${word.includes('.') ? `${word.slice(word.indexOf('.') + 1)}/, ` : '/, '}Resource=${word.split('.')[0]}`,
    )
  const { namespace, explicit } = yield* ctx.session.namespace()
  if (type.namespaced && !explicit) throw new CommandError('namespace is required to use namespace-scoped ApplySet')
  yield* checkParentType(ctx, type)
  const scope = type.namespaced ? namespace : ''
  const id = applySetId(name, scope, type.kind, type.group)
  return yield* readParent(ctx, { type, namespace: scope, name, id, kinds: [], namespaces: [] })
}

function* checkParentType(ctx: Context, type: ResourceType): Run<void> {
  if (type.group === '' && (type.kind === 'ConfigMap' || type.kind === 'Secret')) return
  const client = yield* ctx.session.client()
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${groupResourceOf(type)}`
  const answer = yield* client.raw('GET', path)
  const labels = (answer.body as ApiObject | undefined)?.metadata?.labels ?? {}
  if (answer.code >= 400 || !(PARENT_TYPE in labels))
    throw new CommandError(
      `resource "${type.group}/${type.version}, Resource=${type.resource}" is not permitted as an ApplySet parent`,
    )
}

const listOf = (text: string | undefined): string[] => (text ?? '').split(',').filter(Boolean)

const toolingOf = (ctx: Context): string => `kubectl/v${ctx.p.release.replace(/^v/, '')}`

function* readParent(ctx: Context, set: ApplySet): Run<ApplySet> {
  const client = yield* ctx.session.client()
  let parent: ApiObject
  try {
    parent = yield* client.get(pathOf(set.type, set.namespace, set.name))
  } catch (error) {
    if (!isNotFound(error)) throw error
    if (set.type.group !== '')
      throw new CommandError('custom resource ApplySet parents cannot be created automatically')
    return set
  }
  const shown = `${set.type.resource}.${set.type.group}/${set.name}`
  const { labels = {}, annotations = {} } = parent.metadata ?? {}
  const tooling = annotations[TOOLING]
  if (tooling === undefined)
    throw new CommandError(
      `ApplySet parent object "${shown}" already exists and is missing required annotation "${TOOLING}"`,
    )
  if (tooling.split('/')[0] !== 'kubectl')
    throw new CommandError(
      `ApplySet parent object "${shown}" already exists and is managed by tooling "${tooling.split('/')[0]}" instead of "kubectl"`,
    )
  if (labels[ID] === undefined)
    throw new CommandError(`ApplySet parent object "${shown}" exists and does not have required label ${ID}`)
  if (labels[ID] !== set.id)
    throw new CommandError(
      `ApplySet parent object "${shown}" exists and has incorrect value for label "${ID}" (got: ${labels[ID]}, want: ${set.id})`,
    )
  return { ...set, kinds: listOf(annotations[KINDS]), namespaces: listOf(annotations[NAMESPACES]) }
}

const groupKind = ({ kind, group }: ResourceType): string => (group ? `${kind}.${group}` : kind)

/** The kinds and foreign namespaces of the objects that are applied now. */
function present(set: ApplySet, infos: Info[]): Pick<ApplySet, 'kinds' | 'namespaces'> {
  const namespaces = infos.filter(({ type }) => type.namespaced).map(({ namespace }) => namespace)
  return {
    kinds: infos.map(({ type }) => groupKind(type)),
    namespaces: namespaces.filter((namespace) => namespace !== set.namespace),
  }
}

const sortedSet = (...lists: string[][]): string[] => [...new Set(lists.flat())].sort()

/** Before anything is applied: the parent names the old and the new kinds. */
export function* beforeApply(ctx: Context, set: ApplySet, infos: Info[], dryRun: DryRun): Run<Info[]> {
  const now = present(set, infos)
  yield* writeParent(ctx, set, sortedSet(set.kinds, now.kinds), sortedSet(set.namespaces, now.namespaces), dryRun)
  return infos.map((info) => ({ ...info, object: labelled(info.object, set.id) }))
}

function labelled(object: ApiObject, id: string): ApiObject {
  const labels = object.metadata?.labels ?? {}
  if (PART_OF in labels) throw new CommandError(`ApplySet label "${PART_OF}" already set in input data`)
  return { ...object, metadata: { ...object.metadata, labels: { ...labels, [PART_OF]: id } } }
}

/** After all has been applied: what is left of the set goes, and the parent names only what is there. */
export function* afterApply(ctx: Context, set: ApplySet, infos: Info[], visited: Visited, dryRun: DryRun): Run<void> {
  const now = present(set, infos)
  const mapper = yield* ctx.session.mapper()
  const types = sortedSet(set.kinds, now.kinds)
    .map((name) => mapper.discovered.types.find((type) => groupKind(type) === name))
    .filter((type) => type !== undefined)
  const namespaces = sortedSet([set.namespace].filter(Boolean), set.namespaces, now.namespaces)
  for (const type of types)
    for (const namespace of type.namespaced ? namespaces : ['']) {
      const members = yield* listAll(ctx, type, namespace, { labelSelector: `${PART_OF}=${set.id}` })
      for (const object of members)
        if (!visited.uids.has(object.metadata?.uid ?? '')) yield* prune(ctx, type, object, dryRun)
    }
  yield* writeParent(ctx, set, sortedSet(now.kinds), sortedSet(now.namespaces), dryRun)
}

function* writeParent(ctx: Context, set: ApplySet, kinds: string[], namespaces: string[], dryRun: DryRun): Run<void> {
  if (dryRun === 'client') return
  const { type, namespace, name } = set
  const client = yield* ctx.session.client()
  const parent = {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      annotations: { [TOOLING]: toolingOf(ctx), [KINDS]: kinds.join(','), [NAMESPACES]: namespaces.join(',') },
      labels: { [ID]: set.id },
    },
  }
  yield* client.patch(pathOf(type, namespace, name), 'apply', parent, {
    fieldManager: MANAGER,
    fieldValidation: 'Strict',
    force: 'false',
    ...(dryRun === 'server' ? { dryRun: 'All' } : {}),
  })
}
