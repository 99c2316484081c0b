/** The paths of OpenAPI documents: which actions a kind has, with which parameters. Models apiserver endpoints/installer.go. */
import type { KindEntry, Subresource } from '../../objects/kinds.ts'
import { reference } from './openapi-schemas.ts'
import type { Schema } from './openapi-schemas.ts'

const queryText = (name: string, description: string, type = 'string'): Schema => ({
  name,
  in: 'query',
  description,
  schema: { type, uniqueItems: true },
})

const PRETTY = queryText(
  'pretty',
  "If 'true', then the output is pretty printed. Defaults to 'false' unless the user-agent indicates a browser or command-line HTTP tool (curl and wget).",
)
const DRY_RUN = queryText(
  'dryRun',
  'When present, indicates that modifications should not be persisted. An invalid or unrecognized dryRun directive will result in an error response and no further processing of the request. Valid values are: - All: all dry run stages will be processed',
)
const MANAGER = queryText(
  'fieldManager',
  'fieldManager is a name associated with the actor or entity that is making these changes. The value must be less than or 128 characters long, and only contain printable characters, as defined by https://golang.org/pkg/unicode/#IsPrint.',
)
const VALIDATION = queryText(
  'fieldValidation',
  'fieldValidation instructs the server on how to handle objects in the request (POST/PUT/PATCH) containing unknown or duplicate fields. Valid values are: - Ignore: This will ignore any unknown fields that are silently dropped from the object, and will ignore all but the last duplicate field that the decoder encounters. This is the default behavior prior to v1.23. - Warn: This will send a warning via the standard warning response header for each unknown field that is dropped from the object, and for each duplicate field that is encountered. The request will still succeed if there are no other errors, and will only persist the last of any duplicate fields. This is the default in v1.23+ - Strict: This will fail the request with a BadRequest error if any unknown fields would be dropped from the object, or if any duplicate fields are present. The error returned from the server will contain all unknown and duplicate fields encountered.',
)
const FORCE = queryText(
  'force',
  'Force is going to "force" Apply requests. It means user will re-acquire conflicting fields owned by other people. Force flag must be unset for non-apply patch requests.',
  'boolean',
)
const LIST = [
  ['allowWatchBookmarks', 'boolean'],
  ['continue', 'string'],
  ['fieldSelector', 'string'],
  ['labelSelector', 'string'],
  ['limit', 'integer'],
  ['resourceVersion', 'string'],
  ['resourceVersionMatch', 'string'],
  ['sendInitialEvents', 'boolean'],
  ['timeoutSeconds', 'integer'],
  ['watch', 'boolean'],
].map(([name, type]) => ({ name, in: 'query', schema: { type, uniqueItems: true } }))
const DELETE = [
  DRY_RUN,
  ...['gracePeriodSeconds', 'orphanDependents', 'propagationPolicy'].map((name) => queryText(name, '')),
]

/** Which parameters a release takes: fieldValidation came with 1.23. */
const writing = (minor: number): Schema[] => (minor >= 23 ? [DRY_RUN, MANAGER, VALIDATION] : [DRY_RUN, MANAGER])

interface Made {
  entry: KindEntry
  minor: number
  /** The component of the kind's objects. */
  component: string
}

const JSON_TYPE = 'application/json'

const answer = (component: string): Schema => ({
  '200': { description: 'OK', content: { [JSON_TYPE]: { schema: reference(component) } } },
  '401': { description: 'Unauthorized' },
})

const bodyOf = (component: string): Schema => ({ content: { [JSON_TYPE]: { schema: reference(component) } } })

const PATCHES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
]

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

function tagOf({ group, version }: KindEntry): string {
  return group === '' ? `core_${version}` : `${group.split('.')[0]}_${version}`
}

function operation(
  { entry, component }: Made,
  verb: string,
  action: string,
  kind: { group: string; version: string; kind: string },
  more: Schema,
  suffix = '',
): Schema {
  const { group, version, namespaced } = entry
  const short = tagOf(entry).split('_').map(capital).join('')
  return {
    tags: [tagOf(entry)],
    operationId: `${verb}${short}${namespaced ? 'Namespaced' : ''}${entry.kind}${suffix}`,
    responses: answer(component),
    ...more,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
    ...(group === '' && version === '' && {}),
  }
}

const patchBody = (): Schema => ({
  content: Object.fromEntries(
    PATCHES.map((type) => [type, { schema: reference('io.k8s.apimachinery.pkg.apis.meta.v1.Patch') }]),
  ),
  required: true,
})

const has = (verbs: string[], verb: string): boolean => verbs.includes(verb)

const text = (name: string, description: string): Schema => ({
  name,
  in: 'path',
  description,
  required: true,
  schema: { type: 'string', uniqueItems: true },
})

function shared({ entry }: Made, named: boolean, namespaced = entry.namespaced): Schema[] {
  return [
    ...(named ? [text('name', `name of the ${entry.kind}`)] : []),
    ...(namespaced ? [text('namespace', 'object name and auth scope, such as for teams and projects')] : []),
    PRETTY,
  ]
}

function collection(made: Made): Schema {
  const { entry, minor, component } = made
  const { verbs } = entry
  return {
    ...(has(verbs, 'list') && {
      get: operation({ ...made, component: `${component}List` }, 'list', 'list', entry, { parameters: LIST }),
    }),
    ...(has(verbs, 'create') && {
      post: operation(made, 'create', 'post', entry, { parameters: writing(minor), requestBody: bodyOf(component) }),
    }),
    ...(has(verbs, 'deletecollection') && {
      delete: operation(made, 'deleteCollection', 'deletecollection', entry, { parameters: [...DELETE, ...LIST] }),
    }),
    parameters: shared(made, false),
  }
}

function single(made: Made): Schema {
  const { entry, minor, component } = made
  const { verbs } = entry
  return {
    ...(has(verbs, 'get') && { get: operation(made, 'read', 'get', entry, {}) }),
    ...(has(verbs, 'update') && {
      put: operation(made, 'replace', 'put', entry, { parameters: writing(minor), requestBody: bodyOf(component) }),
    }),
    ...(has(verbs, 'delete') && { delete: operation(made, 'delete', 'delete', entry, { parameters: DELETE }) }),
    ...(has(verbs, 'patch') && {
      patch: operation(made, 'patch', 'patch', entry, {
        parameters: [...writing(minor), FORCE],
        requestBody: patchBody(),
      }),
    }),
    parameters: shared(made, true),
  }
}

const METHODS: Record<string, [method: string, verb: string]> = {
  get: ['get', 'read'],
  update: ['put', 'replace'],
  patch: ['patch', 'patch'],
  create: ['post', 'create'],
  delete: ['delete', 'delete'],
}

function subresource(made: Made, sub: Subresource): Schema {
  const { entry, minor } = made
  const kind = { group: sub.group ?? entry.group, version: sub.version ?? entry.version, kind: sub.kind }
  const path: Schema = {}
  for (const verb of sub.verbs) {
    const [method, word] = METHODS[verb] ?? []
    if (method === undefined || word === undefined) continue
    const connects = CONNECTED.has(sub.name)
    const writes = verb !== 'get' && !connects
    const more = writes ? { parameters: verb === 'patch' ? [...writing(minor), FORCE] : writing(minor) } : {}
    path[method] = operation(
      made,
      connects ? `connect${capital(method)}` : word,
      connects ? 'connect' : method,
      kind,
      more,
      capital(sub.name),
    )
  }
  return { ...path, parameters: shared(made, true) }
}

const CONNECTED = new Set(['attach', 'exec', 'portforward', 'proxy'])

/** The root of a group version's paths. */
export const rootOf = ({ group, version }: { group: string; version: string }): string =>
  group === '' ? `/api/${version}` : `/apis/${group}/${version}`

/** All paths of a kind. */
export function pathsOf(entry: KindEntry, component: string, minor: number): Record<string, Schema> {
  const made: Made = { entry, component, minor }
  const root = rootOf(entry)
  const base = `${root}/${entry.namespaced ? 'namespaces/{namespace}/' : ''}${entry.resource}`
  const paths: Record<string, Schema> = { [base]: collection(made) }
  const named = entry.verbs.some((verb) => ['get', 'update', 'patch', 'delete'].includes(verb))
  if (named) paths[`${base}/{name}`] = single(made)
  for (const sub of entry.subresources) paths[`${base}/{name}/${sub.name}`] = subresource(made, sub)
  if (entry.namespaced && has(entry.verbs, 'list'))
    paths[`${root}/${entry.resource}`] = {
      get: operation({ ...made, component: `${component}List` }, 'list', 'list', entry, {}, 'ForAllNamespaces'),
      parameters: [...LIST, PRETTY],
    }
  return paths
}
