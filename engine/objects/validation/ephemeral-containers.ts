/** Writes to pods/ephemeralcontainers: they may be added, and that is all. Models ValidatePodEphemeralContainersUpdate and the list of allowed fields. */
import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { deepEqual } from '../equal.ts'
import { ephemeralContainerErrors } from './containers.ts'
import { forbidden } from './errors.ts'
import type { FieldError } from './errors.ts'
import { MIRROR } from '../meta.ts'

const FIELD = 'spec.ephemeralContainers'
/** What a container may have and an ephemeral one may not. */
const NOT_ALLOWED = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
]

const isSet = (value: unknown): boolean =>
  value !== undefined && value !== null && !(typeof value === 'object' && Object.keys(value).length === 0)

function fieldErrors(container: PlainObject, at: string): FieldError[] {
  const text = 'cannot be set for an Ephemeral Container'
  const mounts = asList(container.volumeMounts).flatMap(({ subPath, subPathExpr }, i) => [
    ...(subPath ? [forbidden(`${at}.volumeMounts[${i}].subPath`, text)] : []),
    ...(subPathExpr ? [forbidden(`${at}.volumeMounts[${i}].subPathExpr`, text)] : []),
  ])
  return [
    ...NOT_ALLOWED.filter((field) => isSet(container[field])).map((field) => forbidden(`${at}.${field}`, text)),
    ...mounts,
  ]
}

/** The errors of a write to a subresource that is a view of a pod. */
export function podViewErrors(pod: PlainObject, oldPod: PlainObject, subresource: string): FieldError[] {
  if (subresource !== 'ephemeralcontainers') return []
  const [spec, old] = [asObject(pod.spec), asObject(oldPod.spec)]
  const list = asList(spec.ephemeralContainers)
  const others = [...asList(spec.containers), ...asList(spec.initContainers)]
  const errors = [
    ...ephemeralContainerErrors(list, others, FIELD),
    ...list.flatMap((container, i) => fieldErrors(container, `${FIELD}[${i}]`)),
  ]
  const annotations = asObject(asObject(oldPod.metadata).annotations)
  if (annotations[MIRROR] !== undefined)
    return [...errors, forbidden('', 'static pods do not support ephemeral containers')]
  return [...errors, ...asList(old.ephemeralContainers).flatMap((before) => changeErrors(before, list))]
}

function changeErrors(before: PlainObject, list: PlainObject[]): FieldError[] {
  const after = list.find(({ name }) => name === before.name)
  const named = `existing ephemeral containers ${JSON.stringify(before.name)} may not be`
  if (after === undefined) return [forbidden(FIELD, `${named} removed\n`)]
  return deepEqual(before, after) ? [] : [forbidden(FIELD, `${named} changed\n`)]
}
