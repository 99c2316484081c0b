/** pods/binding: the scheduler's decision. Models pkg/registry/core/pod/storage/storage.go BindingREST. */
import { setCondition } from '../../objects/meta.ts'
import type { Pod, PodCondition } from '../../objects/types.gen.ts'
import type { KubeObject } from '../client.ts'
import type { Core, Outcome, VerbHandler, WriteSteps } from '../core.ts'
import type { Flight } from '../flight.ts'
import { withMeta } from '../metadata.ts'
import { admit, attributesOf, isAdmitted } from '../pipeline/admission/index.ts'
import { JSON_HEADERS } from '../present.ts'
import { badRequest, conflict, failure, notFound, success } from '../status.ts'
import { directoryOf } from '../storage/keys.ts'

interface Binding extends KubeObject {
  target?: { kind?: string; name?: string }
}

const PODS = { group: '', resource: 'pods' }

export const createBinding: VerbHandler = (core, flight) => {
  const binding = flight.request.body as Binding | undefined
  const target = binding?.target
  if (target?.name === undefined || target.name === '') {
    return core.refuse(
      flight,
      failure(422, 'Invalid', 'Binding "" is invalid: target.name: Required value', {
        kind: 'Binding',
        causes: [{ reason: 'FieldValueRequired', message: 'Required value', field: 'target.name' }],
      }),
    )
  }
  if (target.kind !== undefined && target.kind !== '' && target.kind !== 'Node')
    return core.refuse(
      flight,
      badRequest(`target.kind: Unsupported value: "${target.kind}": supported values: "Node", "<empty>"`),
    )
  const verdict = admit(core, flight, attributesOf(flight, core.entryOf(flight), 'CREATE', binding))
  if ('call' in verdict) return core.callOut(flight, verdict.call)
  if (!isAdmitted(verdict)) return core.refuse(flight, verdict.refuse)
  flight.body = verdict.object
  const { namespace } = flight.info
  const name = flight.info.name === '' ? (binding?.metadata?.name ?? '') : flight.info.name
  flight.memo.name = name
  core.write(flight, 'binding', `${directoryOf('', 'pods')}${namespace}/${name}`)
}

function transform(core: Core, flight: Flight, current: KubeObject | undefined): Outcome {
  const name = flight.memo.name as string
  if (current === undefined) return { kind: 'refuse', status: notFound(PODS, name) }
  const pod = current as Pod
  const binding = flight.body as Binding
  const node = binding.target?.name as string
  const refuse = (why: string): Outcome => ({
    kind: 'refuse',
    status: conflict({ group: '', resource: 'pods/binding' }, name, why),
  })
  const uid = binding.metadata?.uid
  if (uid !== undefined && uid !== '' && uid !== pod.metadata.uid)
    return refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`)
  if (pod.metadata.deletionTimestamp !== undefined)
    return refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
  if ((pod.spec?.nodeName ?? '') !== '')
    return refuse(`pod ${name} is already assigned to node "${pod.spec?.nodeName}"`)
  if ((pod.spec?.schedulingGates ?? []).length > 0) return refuse(`pod ${name} has non-empty .spec.schedulingGates`)
  return { kind: 'put', object: bound(core, pod, node, binding) }
}

function bound(core: Core, pod: Pod, nodeName: string, binding: Binding): KubeObject {
  const condition: PodCondition = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null as never,
    lastTransitionTime: core.timestamp(),
    ...(core.minor >= 34 && { observedGeneration: pod.metadata.generation }),
  }
  const conditions = setCondition(pod.status?.conditions, condition)
  const annotations = binding.metadata?.annotations
  const labels = binding.metadata?.labels
  const noted =
    annotations === undefined && labels === undefined
      ? pod
      : withMeta(pod as KubeObject, {
          ...(annotations && { annotations: { ...pod.metadata.annotations, ...annotations } }),
          ...(labels && { labels: { ...pod.metadata.labels, ...labels } }),
        })
  return { ...noted, spec: { ...pod.spec, nodeName }, status: { ...pod.status, conditions } } as KubeObject
}

export const bindingSteps: WriteSteps = {
  binding: {
    transform,
    done: (core, flight) =>
      core.respond(flight, { code: 201, headers: JSON_HEADERS, body: { ...success(), code: 201 } }),
  },
}
