/** From arguments and manifests to objects. Models cli-runtime/pkg/resource/builder.go. */
import type { Run } from '../../host/process.ts'
import { matchesLabels, parseLabelSelector } from '../../objects/selectors.ts'
import { refusal, type ApiObject, type ListObject } from './client.ts'
import type { Context } from './command.ts'
import type { ResourceType } from './discovery.ts'
import { CommandError, isNotFound, StatusError } from './errors.ts'
import { readManifests, type Manifest } from './manifests.ts'
import { apiVersionOf, pathOf, resourceText } from './mapper.ts'

/** What a command acts on: one named object, or (without a name) all objects of a type that are selected. */
export interface Target {
  type: ResourceType
  /** Empty for all namespaces and for cluster-scoped types. */
  namespace: string
  name?: string
  /** The manifest it comes from. */
  object?: ApiObject
  source?: string
}

/** One object. */
export interface Info {
  type: ResourceType
  namespace: string
  name: string
  object: ApiObject
  source: string
}

export interface BuildOptions {
  args: string[]
  filenames?: string[]
  recursive?: boolean
  kustomize?: string
  selector?: string
  fieldSelector?: string
  /** `--all`: every object of the types. */
  all?: boolean
  /** Types without names select all, as `get` does. */
  selectAllByDefault?: boolean
  allNamespaces?: boolean
  /** Manifests must have kind and apiVersion, with the texts of the validating verbs. */
  validate?: boolean
  /** Said when there is nothing to act on. */
  emptyText?: string
  /** The type of bare names, such as `pods` for `kubectl logs`. */
  defaultType?: string
}

/** The targets, and what is wrong with some manifests. */
export interface Plan {
  targets: Target[]
  errors: CommandError[]
  /** Exactly one named object was asked for. */
  single: boolean
}

export interface Built {
  infos: Info[]
  errors: CommandError[]
  single: boolean
}

const NOTHING_GIVEN = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`

/** Build options that the usual flags give. */
export function optionsFromFlags(ctx: Context, args: string[] = ctx.args): BuildOptions {
  const { flags } = ctx
  return {
    args,
    filenames: flags.list('filename'),
    recursive: flags.bool('recursive'),
    kustomize: flags.text('kustomize'),
    selector: flags.text('selector'),
    fieldSelector: flags.text('field-selector'),
    all: flags.bool('all'),
    allNamespaces: flags.bool('all-namespaces'),
  }
}

/** Works out what is meant, asking the server only for its types. */
export function* plan(ctx: Context, options: BuildOptions): Run<Plan> {
  const filenames = options.filenames ?? []
  // A kubeconfig that cannot be used is told before files that are not there; verbs that validate connect first.
  if (options.validate === true) yield* ctx.session.client()
  yield* ctx.session.namespace()
  if (filenames.length > 0 || options.kustomize) return yield* planManifests(ctx, options)
  checkSelectors(options)
  if (options.args.length === 0) throw new CommandError(options.emptyText ?? NOTHING_GIVEN)
  const { namespace } = yield* ctx.session.namespace()
  const scope = options.allNamespaces ? '' : namespace
  return options.args.some((arg) => arg.includes('/'))
    ? yield* planPairs(ctx, options, scope)
    : yield* planTypes(ctx, options, scope)
}

function checkSelectors(options: BuildOptions): void {
  const selected = Boolean(options.selector || options.fieldSelector)
  if (options.all && options.selector)
    throw new CommandError("setting 'all' parameter but found a non empty selector. ")
  const names = namesOf(options.args)
  if (selected && names) throw new CommandError('name cannot be provided when a selector is specified')
  if (options.all && names) throw new CommandError('name cannot be provided when a selector is specified')
}

const namesOf = (args: string[]): boolean => args.length > 1 || args.some((arg) => arg.includes('/'))

/** `type/name type/name`. */
function* planPairs(ctx: Context, options: BuildOptions, namespace: string): Run<Plan> {
  const pairs = options.args.map((arg) => splitPair(arg))
  const mapper = yield* ctx.session.mapper()
  const targets = pairs.map(([word, name]): Target => {
    const type = mapper.resolve(word)
    return { type, namespace: type.namespaced ? namespace : '', name }
  })
  checkNamesAcrossNamespaces(targets, options)
  return { targets, errors: [], single: targets.length === 1 }
}

function splitPair(arg: string): [string, string] {
  const parts = arg.split('/')
  if (parts.length === 1)
    throw new CommandError(
      `there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'`,
    )
  const [word = '', name = ''] = parts
  if (parts.length !== 2 || word === '' || name === '' || word.includes(','))
    throw new CommandError('arguments in resource/name form must have a single resource and name')
  return [word, name]
}

/** `type[,type] [name…]`. */
function* planTypes(ctx: Context, options: BuildOptions, namespace: string): Run<Plan> {
  const [first = '', ...rest] = options.args
  const bare = options.defaultType !== undefined && rest.length === 0 && !options.selector
  const words = (bare ? options.defaultType! : first).split(',')
  const names = bare ? [first] : rest
  const mapper = yield* ctx.session.mapper()
  if (names.length > 0 && words.some((word) => mapper.category(word).length > 0))
    throw new CommandError('you must specify only one resource')
  const types = words.flatMap((word) => mapper.expand(word))
  if (names.length === 0 && !options.selector && !options.fieldSelector && !options.all && !options.selectAllByDefault)
    throw new CommandError('resource(s) were provided, but no name was specified')
  const targets = types.flatMap((type): Target[] => {
    const scope = type.namespaced ? namespace : ''
    return names.length === 0 ? [{ type, namespace: scope }] : names.map((name) => ({ type, namespace: scope, name }))
  })
  checkNamesAcrossNamespaces(targets, options)
  return { targets, errors: [], single: targets.length === 1 && names.length === 1 }
}

function checkNamesAcrossNamespaces(targets: Target[], options: BuildOptions): void {
  if (options.allNamespaces && targets.some((target) => target.name !== undefined && target.type.namespaced))
    throw new CommandError('a resource cannot be retrieved by name across all namespaces')
}

function* planManifests(ctx: Context, options: BuildOptions): Run<Plan> {
  const read = yield* readManifests(ctx.p, {
    filenames: options.filenames ?? [],
    recursive: options.recursive ?? false,
    kustomize: options.kustomize ?? '',
    validate: options.validate ?? false,
  })
  const errors = [...read.errors]
  const targets: Target[] = []
  const selector = options.selector ? parseLabelSelector(options.selector) : undefined
  for (const manifest of read.items) {
    if (selector && !matchesLabels(selector, manifest.object.metadata?.labels)) continue
    const target = yield* targetOf(ctx, manifest)
    if (target instanceof CommandError) errors.push(target)
    else targets.push(target)
  }
  return { targets, errors, single: targets.length === 1 && errors.length === 0 }
}

function* targetOf(ctx: Context, manifest: Manifest): Run<Target | CommandError> {
  const { object, source } = manifest
  const { apiVersion = '', kind = '' } = object
  const metadata = object.metadata ?? {}
  const type = (yield* ctx.session.mapper()).forKind(apiVersion, kind)
  if (!type)
    return new CommandError(
      `resource mapping not found for name: "${metadata.name ?? ''}" namespace: "${metadata.namespace ?? ''}" from "${source}": no matches for kind "${kind}" in version "${apiVersion}"\nensure CRDs are installed first`,
    )
  const { namespace, explicit } = yield* ctx.session.namespace()
  const own = metadata.namespace
  if (type.namespaced && explicit && own && own !== namespace)
    return new CommandError(
      `the namespace from the provided object "${own}" does not match the namespace "${namespace}". You must pass '--namespace=${own}' to perform this operation.`,
    )
  const scope = type.namespaced ? (own ?? namespace) : ''
  const placed =
    type.namespaced && !own && !ctx.flags.bool('local') ? { ...object, metadata: { ...metadata, namespace } } : object
  return { type, namespace: scope, ...(metadata.name ? { name: metadata.name } : {}), object: placed, source }
}

/** Works out what is meant and reads it from the server. Failures are collected, so that the rest still is used. */
export function* build(ctx: Context, options: BuildOptions): Run<Built> {
  const planned = yield* plan(ctx, options)
  const built: Built = { infos: [], errors: [...planned.errors], single: planned.single }
  for (const target of planned.targets) {
    try {
      built.infos.push(...(yield* fetchTarget(ctx, target, options)))
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      built.errors.push(error)
    }
  }
  return built
}

/** The manifests' objects as infos, without asking the server for them. */
export function* buildLocal(ctx: Context, options: BuildOptions): Run<Built> {
  const planned = yield* plan(ctx, options)
  const infos = planned.targets.map((target) => ({
    type: target.type,
    namespace: target.namespace,
    name: target.name ?? '',
    object: target.object ?? {},
    source: target.source ?? '',
  }))
  return { infos, errors: planned.errors, single: planned.single }
}

/** The objects of one target. */
export function* fetchTarget(ctx: Context, target: Target, options: BuildOptions, subresource = ''): Run<Info[]> {
  const client = yield* ctx.session.client()
  if (target.name !== undefined) {
    const object = yield* getting(
      ctx,
      target,
      client.get(pathOf(target.type, target.namespace, target.name, subresource)),
    )
    return [infoOf(target.type, object, target.source)]
  }
  const items = yield* listAll(ctx, target.type, target.namespace, selectorQuery(options))
  return items.map((object) => infoOf(target.type, object, target.source))
}

export const selectorQuery = (options: { selector?: string; fieldSelector?: string }): Record<string, string> => ({
  ...(options.fieldSelector ? { fieldSelector: options.fieldSelector } : {}),
  ...(options.selector ? { labelSelector: options.selector } : {}),
})

export const CHUNK = 500

/** All objects of a type, in chunks; each with its kind and apiVersion. */
export function* listAll(
  ctx: Context,
  type: ResourceType,
  namespace: string,
  query: Record<string, string> = {},
): Run<ApiObject[]> {
  const client = yield* ctx.session.client()
  const items: ApiObject[] = []
  let next = ''
  do {
    const paged = { ...query, limit: String(CHUNK), ...(next ? { continue: next } : {}) }
    const page: ListObject = yield* listing(type, query, client.get<ListObject>(pathOf(type, namespace), paged))
    for (const item of page.items ?? []) items.push(named(item, type))
    next = page.metadata?.continue ?? ''
  } while (next !== '')
  return items
}

/** An object's request: when it is not found, a missing namespace is the better answer. */
export function* getting<T>(ctx: Context, target: Target, request: Run<T>): Run<T> {
  try {
    return yield* request
  } catch (error) {
    const { namespace } = target
    if (!isNotFound(error) || namespace === '' || namespace === 'default') throw error
    const client = yield* ctx.session.client()
    const answer = yield* client.raw('GET', `/api/v1/namespaces/${encodeURIComponent(namespace)}`)
    throw answer.code === 404 ? refusal(answer, 'GET', '') : error
  }
}

/** A list's request, whose refusal says what was listed. */
export function* listing<T>(type: ResourceType, query: Record<string, string>, request: Run<T>): Run<T> {
  try {
    return yield* request
  } catch (error) {
    if (!(error instanceof StatusError) || !['BadRequest', 'NotFound'].includes(error.reason)) throw error
    const { labelSelector = '', fieldSelector = '' } = query
    throw error.withPrefix(
      labelSelector || fieldSelector
        ? `Unable to find "${resourceText(type)}" that match label selector ${JSON.stringify(labelSelector)}, field selector ${JSON.stringify(fieldSelector)}: `
        : `Unable to list "${resourceText(type)}": `,
    )
  }
}

/** A list's item with kind and apiVersion, which servers leave out. */
export const named = (item: ApiObject, type: ResourceType): ApiObject =>
  item.kind && item.apiVersion ? item : { ...item, apiVersion: apiVersionOf(type), kind: type.kind }

export const infoOf = (type: ResourceType, object: ApiObject, source = ''): Info => ({
  type,
  namespace: object.metadata?.namespace ?? '',
  name: object.metadata?.name ?? '',
  object,
  source,
})
