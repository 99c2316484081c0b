/** Models plugin/pkg/admission/priority. */
import type { Pod, PriorityClass } from '../../../objects/types.gen.ts'
import type { Core } from '../../core.ts'
import { failure, forbidden } from '../../status.ts'
import { directoryOf } from '../../storage/keys.ts'
import type { Plugin } from './plugin.ts'

const classes = (core: Core): Iterable<PriorityClass> =>
  core.cache.values(directoryOf('scheduling.k8s.io', 'priorityclasses')) as Iterable<PriorityClass>

/** The default class with the lowest value, when there is one. */
function globalDefault(core: Core): PriorityClass | undefined {
  let found: PriorityClass | undefined
  for (const one of classes(core))
    if (one.globalDefault === true && (found === undefined || (one.value ?? 0) < (found.value ?? 0))) found = one
  return found
}

function classOf(core: Core, name: string): PriorityClass | undefined {
  return core.cache.get(`${directoryOf('scheduling.k8s.io', 'priorityclasses')}${name}`) as PriorityClass | undefined
}

export const podPriority: Plugin = (core, _flight, entry, object) => {
  if (entry.group !== '' || entry.resource !== 'pods') return { object }
  const pod = object as Pod
  const asked = pod.spec?.priorityClassName ?? ''
  const chosen = asked === '' ? globalDefault(core) : classOf(core, asked)
  const name = pod.metadata.name || pod.metadata.generateName || ''
  if (asked !== '' && chosen === undefined)
    return { refuse: forbidden(entry, name, `no PriorityClass with name ${asked} was found`) }
  const priority = chosen?.value ?? 0
  if (pod.spec?.priority !== undefined && pod.spec.priority !== priority) {
    return {
      refuse: failure(
        403,
        'Forbidden',
        `pods "${name}" is forbidden: the integer value of priority (${pod.spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
        { name, kind: 'pods' },
      ),
    }
  }
  const priorityClassName = chosen?.metadata.name ?? asked
  const preemptionPolicy = pod.spec?.preemptionPolicy ?? chosen?.preemptionPolicy ?? 'PreemptLowerPriority'
  return {
    object: {
      ...pod,
      spec: { ...pod.spec, priority, ...(priorityClassName !== '' && { priorityClassName }), preemptionPolicy },
    } as Pod,
  }
}
