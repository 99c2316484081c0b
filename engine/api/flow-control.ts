/**
 * The objects of API Priority and Fairness: the default levels and schemas, the schemas' status, and which of them a
 * request falls under. Models pkg/registry/flowcontrol/rest and apiserver util/flowcontrol (apf_controller.go, rule.go).
 * Not modelled: queues and limits; no request ever waits for its turn.
 */
import { groupResource } from '../objects/kinds.ts'
import type { FlowSchema, PolicyRulesWithSubjects, PriorityLevelConfiguration } from '../objects/types.gen.ts'
import defaultsJson from './bootstrap-flow-control.json' with { type: 'json' }
import type { KubeObject } from './client.ts'
import type { Core } from './core.ts'
import type { Flight, RequestInfo, UserInfo } from './flight.ts'
import { directoryOf, keyFor } from './storage/keys.ts'

interface Default {
  readonly name: string
  readonly spec: object
  /** The first minor release that has it no more. */
  readonly until?: number
}

const DEFAULTS = defaultsJson as unknown as { levels: readonly Default[]; schemas: readonly Default[] }
const GROUP = 'flowcontrol.apiserver.k8s.io'
export const FLOW_SCHEMAS = directoryOf(GROUP, 'flowschemas')
export const PRIORITY_LEVELS = directoryOf(GROUP, 'prioritylevelconfigurations')
const ANNOTATIONS = { 'apf.kubernetes.io/autoupdate-spec': 'true' }

/** Whether the release serves the group by default. */
const isServed = ({ registry }: Core): boolean =>
  registry.all().some((one) => one.group === GROUP && groupResource(one) === `flowschemas.${GROUP}`)

function danglingCondition(core: Core, level: string, exists: boolean): object {
  const about = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`
  return {
    type: 'Dangling',
    status: exists ? 'False' : 'True',
    lastTransitionTime: core.timestamp(),
    reason: exists ? 'Found' : 'NotFound',
    message: exists ? `${about} and it exists` : `${about} but there is no such object`,
  }
}

function makeDefault(core: Core, resource: string, kind: string, { name, spec }: Default): KubeObject {
  const { version } = core.storageEntry(GROUP, resource)
  const level = (spec as { priorityLevelConfiguration?: { name: string } }).priorityLevelConfiguration?.name
  return {
    apiVersion: `${GROUP}/${version}`,
    kind,
    metadata: {
      name,
      uid: core.kernel.random('apiserver/flowcontrol').uuid(),
      generation: 1,
      creationTimestamp: core.timestamp(),
      annotations: ANNOTATIONS,
    },
    spec,
    status: level === undefined ? {} : { conditions: [danglingCondition(core, level, true)] },
  } as unknown as KubeObject
}

/** Makes the defaults that are not there, straight in etcd as the server's own; returns whether there were any. */
export function makeFlowDefaults(core: Core): boolean {
  if (!isServed(core)) return false
  const schemas = DEFAULTS.schemas.filter(({ until = Infinity }) => core.minor < until)
  const made = [
    ...missing(core, PRIORITY_LEVELS, DEFAULTS.levels).map((one) => put(core, PRIORITY_LEVELS, makeDefault(core, 'prioritylevelconfigurations', 'PriorityLevelConfiguration', one))), // prettier-ignore
    ...missing(core, FLOW_SCHEMAS, schemas).map((one) =>
      put(core, FLOW_SCHEMAS, makeDefault(core, 'flowschemas', 'FlowSchema', one)),
    ),
  ]
  return made.length > 0
}

const missing = (core: Core, directory: string, wanted: readonly Default[]): Default[] =>
  wanted.filter(({ name }) => core.cache.get(keyFor(directory, '', name)) === undefined)

function put(core: Core, directory: string, value: KubeObject): void {
  const key = keyFor(directory, '', value.metadata.name)
  core.etcd.send(
    { kind: 'txn', compare: [{ key, target: 'mod', result: 'equal', operand: 0 }], success: [{ op: 'put', key, value: core.stored.encode(key, value) }], failure: [] }, // prettier-ignore
    'boot:flowcontrol',
  )
}

const schemasOf = (core: Core): FlowSchema[] => core.cache.list(FLOW_SCHEMAS, FLOW_SCHEMAS) as FlowSchema[]
const levelOf = (core: Core, name: string): PriorityLevelConfiguration | undefined =>
  core.cache.get(keyFor(PRIORITY_LEVELS, '', name)) as PriorityLevelConfiguration | undefined

/** Schemas whose condition does not say whether their level is there, with the right status. */
export function staleFlowSchemas(core: Core): FlowSchema[] {
  return schemasOf(core).flatMap((schema) => {
    const name = schema.spec?.priorityLevelConfiguration?.name ?? ''
    const exists = levelOf(core, name) !== undefined
    const condition = schema.status?.conditions?.find(({ type }) => type === 'Dangling')
    if (condition?.status === (exists ? 'False' : 'True')) return []
    return [{ ...schema, status: { conditions: [danglingCondition(core, name, exists)] } } as FlowSchema]
  })
}

// Which schema a request falls under.

const has = (list: readonly string[] | undefined, value: string): boolean =>
  (list ?? []).some((one) => one === '*' || one === value)

function subjectMatches(subject: NonNullable<PolicyRulesWithSubjects['subjects']>[number], user: UserInfo): boolean {
  if (subject.kind === 'User') return subject.user?.name === '*' || subject.user?.name === user.name
  if (subject.kind === 'Group') return subject.group?.name === '*' || user.groups.includes(subject.group?.name ?? '')
  const { namespace = '', name = '' } = subject.serviceAccount ?? {}
  if (name === '*') return user.name.startsWith(`system:serviceaccount:${namespace}:`)
  return user.name === `system:serviceaccount:${namespace}:${name}`
}

function ruleMatches(rule: PolicyRulesWithSubjects, info: RequestInfo, user: UserInfo): boolean {
  if (!(rule.subjects ?? []).some((subject) => subjectMatches(subject, user))) return false
  if (!info.isResource)
    return (rule.nonResourceRules ?? []).some(({ verbs, nonResourceURLs }) => has(verbs, info.verb) && pathMatches(nonResourceURLs, info.path)) // prettier-ignore
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`
  return (rule.resourceRules ?? []).some(
    (one) =>
      has(one.verbs, info.verb) &&
      has(one.apiGroups, info.group) &&
      has(one.resources, resource) &&
      (info.namespace === '' ? one.clusterScope === true : has(one.namespaces, info.namespace)),
  )
}

const pathMatches = (urls: readonly string[] | undefined, path: string): boolean =>
  (urls ?? []).some((url) => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))))

type Headers = Readonly<Record<string, string>>

interface Classes {
  /** The revisions at which schemas and levels were looked at. */
  at: string
  sorted: FlowSchema[]
  known: Map<string, Headers>
}

const classes = new WeakMap<object, Classes>()
const REMEMBERED = 2000

function classesOf(core: Core): Classes {
  const at = `${core.cache.changed(FLOW_SCHEMAS)} ${core.cache.changed(PRIORITY_LEVELS)}`
  const found = classes.get(core.cache)
  if (found?.at === at) return found
  const sorted = schemasOf(core).sort(
    (a, b) => order(a) - order(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1),
  )
  const made = { at, sorted, known: new Map<string, Headers>() }
  classes.set(core.cache, made)
  return made
}

const order = ({ spec }: FlowSchema): number => spec?.matchingPrecedence ?? 0

/** The headers that tell a client under which schema and level its request was handled. */
export function flowHeaders(core: Core, { info, user }: Flight): Headers {
  const { sorted, known } = classesOf(core)
  if (sorted.length === 0 || user.name === '') return {}
  const key = `${user.name}|${user.groups.length}|${info.verb}|${info.group}|${info.resource}|${info.subresource}|${info.namespace}|${info.isResource ? '' : info.path}`
  let headers = known.get(key)
  if (headers === undefined) {
    if (known.size > REMEMBERED) known.clear()
    known.set(key, (headers = classify(core, sorted, info, user)))
  }
  return headers
}

function classify(core: Core, sorted: readonly FlowSchema[], info: RequestInfo, user: UserInfo): Headers {
  const schema = sorted.find(({ spec }) => (spec?.rules ?? []).some((rule) => ruleMatches(rule, info, user)))
  const level = levelOf(core, schema?.spec?.priorityLevelConfiguration?.name ?? '')
  if (schema === undefined || level === undefined) return {}
  return {
    'x-kubernetes-pf-flowschema-uid': schema.metadata.uid ?? '',
    'x-kubernetes-pf-prioritylevel-uid': level.metadata.uid ?? '',
  }
}
