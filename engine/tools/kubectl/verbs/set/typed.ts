/** A manifest as Go's types write it: fields that have no `omitempty` stand there even when they are empty. Models k8s.io/api's tags. */
import type { ApiObject } from '../../client.ts'
import { texts } from '../../texts.ts'

type Fields = Record<string, unknown>

/** What a kind's spec and status always hold. */
const KINDS: Record<string, { spec?: Fields; status: Fields; template: string[] }> = {
  Pod: { status: {}, template: [] },
  ReplicationController: { status: { replicas: 0 }, template: ['spec', 'template'] },
  Deployment: { spec: { strategy: {} }, status: {}, template: ['spec', 'template'] },
  ReplicaSet: { status: { replicas: 0 }, template: ['spec', 'template'] },
  DaemonSet: {
    spec: { updateStrategy: {} },
    status: { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 },
    template: ['spec', 'template'],
  },
  StatefulSet: {
    spec: { updateStrategy: {} },
    status: { availableReplicas: 0, replicas: 0 },
    template: ['spec', 'template'],
  },
  Job: { status: {}, template: ['spec', 'template'] },
  CronJob: { status: {}, template: ['spec', 'jobTemplate', 'spec', 'template'] },
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}

/** The object with the value at a path changed. */
function changedAt(object: Fields, path: string[], change: (value: Fields) => Fields): Fields {
  const [key, ...rest] = path
  return key === undefined ? change(object) : { ...object, [key]: changedAt(fieldsOf(object[key]), rest, change) }
}

const stamped = (object: Fields, minor: number): Fields =>
  texts.nullCreationTimestamp(minor)
    ? { ...object, metadata: { creationTimestamp: null, ...fieldsOf(object.metadata) } }
    : { ...object, metadata: fieldsOf(object.metadata) }

const withResources = (containers: unknown): unknown =>
  Array.isArray(containers) ? containers.map((one: unknown) => ({ resources: {}, ...fieldsOf(one) })) : containers

function podSpec(spec: Fields): Fields {
  const lists = ['containers', 'initContainers'].filter((field) => field in spec)
  return { ...spec, ...Object.fromEntries(lists.map((field) => [field, withResources(spec[field])])) }
}

/** The object with all that its type always writes; kinds without pods stay as they are. */
export function typedObject(object: ApiObject, minor: number): ApiObject {
  const facts = KINDS[object.kind ?? '']
  if (facts === undefined) return object
  let typed = stamped({ status: facts.status, ...object }, minor)
  if (facts.spec) typed = changedAt(typed, ['spec'], (spec) => ({ ...facts.spec, ...spec }))
  if (object.kind === 'CronJob')
    typed = changedAt(typed, ['spec', 'jobTemplate'], (template) => stamped(template, minor))
  if (facts.template.length > 0) typed = changedAt(typed, facts.template, (template) => stamped(template, minor))
  return changedAt(typed, [...facts.template, 'spec'], podSpec) as ApiObject
}
