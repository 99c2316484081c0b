/** Models plugin/pkg/admission/priority. */
import type { Pod, PriorityClass } from '../../../objects/types.gen.ts'
import type { Core } from '../../core.ts'
import { directoryOf } from '../../storage/keys.ts'
import { deny, pass } from './plugin.ts'
import type { Admission, Attributes, Plugin } from './plugin.ts'

const DIRECTORY = directoryOf('scheduling.k8s.io', 'priorityclasses')

const classes = (core: Core): Iterable<PriorityClass> => core.cache.values(DIRECTORY) as Iterable<PriorityClass>

/** The default class with the lowest value, when there is one. */
function globalDefault(core: Core): PriorityClass | undefined {
  let found: PriorityClass | undefined
  for (const one of classes(core))
    if (one.globalDefault === true && (found === undefined || (one.value ?? 0) < (found.value ?? 0))) found = one
  return found
}

const classOf = (core: Core, name: string): PriorityClass | undefined =>
  core.cache.get(`${DIRECTORY}${name}`) as PriorityClass | undefined

export const podPriority: Plugin = {
  name: 'Priority',
  operations: ['CREATE', 'UPDATE'],
  resources: ['pods', 'priorityclasses.scheduling.k8s.io'],
  admit: (core, _flight, attrs) =>
    attrs.entry.resource !== 'pods' ? pass(attrs) : attrs.operation === 'CREATE' ? admitPod(core, attrs) : keep(attrs),
  validate: (core, _flight, attrs) =>
    attrs.entry.resource === 'priorityclasses' ? validateClass(core, attrs) : pass(attrs),
}

function admitPod(core: Core, attrs: Attributes): Admission {
  const pod = attrs.object as Pod
  const asked = pod.spec?.priorityClassName ?? ''
  const chosen = asked === '' ? globalDefault(core) : classOf(core, asked)
  if (asked !== '' && chosen === undefined) return deny(attrs, `no PriorityClass with name ${asked} was found`)
  const priority = chosen?.value ?? 0
  if (pod.spec?.priority !== undefined && pod.spec.priority !== priority)
    return deny(
      attrs,
      `the integer value of priority (${pod.spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    )
  const policy = chosen?.preemptionPolicy ?? 'PreemptLowerPriority'
  const preemptionPolicy = pod.spec?.preemptionPolicy ?? policy
  if (preemptionPolicy !== policy)
    return deny(
      attrs,
      `the string value of PreemptionPolicy (${preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    )
  const priorityClassName = chosen?.metadata.name ?? asked
  return {
    object: {
      ...pod,
      spec: { ...pod.spec, priority, ...(priorityClassName !== '' && { priorityClassName }), preemptionPolicy },
    } as Pod,
  }
}

/** An update that leaves the priority out keeps it. */
function keep(attrs: Attributes): Admission {
  const [pod, old] = [attrs.object as Pod, attrs.oldObject as Pod]
  const { priority, preemptionPolicy } = old.spec ?? {}
  const lost = pod.spec?.priority === undefined && priority !== undefined
  const lostPolicy = pod.spec?.preemptionPolicy === undefined && preemptionPolicy !== undefined
  if (!lost && !lostPolicy) return pass(attrs)
  const spec = { ...pod.spec, ...(lost && { priority }), ...(lostPolicy && { preemptionPolicy }) }
  return { object: { ...pod, spec } as Pod }
}

/** There is one default class at most. */
function validateClass(core: Core, attrs: Attributes): Admission {
  const asked = attrs.object as PriorityClass
  if (asked.globalDefault !== true) return pass(attrs)
  const other = globalDefault(core)
  if (other === undefined) return pass(attrs)
  if (attrs.operation === 'UPDATE' && other.metadata.name === asked.metadata.name) return pass(attrs)
  return deny(attrs, `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`)
}
