/** What a pod asks for as a whole. Models component-helpers resource/helpers.go PodRequests and PodLimits. Not modelled: resources in the status of a resize under way. */
import type { Container, Pod, PodSpec } from '../types.gen.ts'
import { addAmounts, amountsOf, maxAmounts } from './amounts.ts'
import type { Amounts } from './amounts.ts'

type Side = 'requests' | 'limits'

const ofContainer = ({ resources }: Container, side: Side): Amounts => amountsOf(resources?.[side])

/** Containers together with sidecars, or the largest moment of the init containers. */
function ofContainers({ containers, initContainers = [] }: PodSpec, side: Side): Amounts {
  let sum = (containers ?? []).reduce<Amounts>((total, one) => addAmounts(total, ofContainer(one, side)), {})
  let sidecars: Amounts = {}
  let peak: Amounts = {}
  for (const container of initContainers) {
    const own = ofContainer(container, side)
    if (container.restartPolicy === 'Always') {
      sidecars = addAmounts(sidecars, own)
      sum = addAmounts(sum, own)
      peak = maxAmounts(peak, sidecars)
    } else peak = maxAmounts(peak, addAmounts(sidecars, own))
  }
  return maxAmounts(sum, peak)
}

/** Amounts of the pod itself come before those of its containers. */
function ofPod(spec: PodSpec, side: Side): Amounts {
  return { ...ofContainers(spec, side), ...amountsOf(spec.resources?.[side]) }
}

export function podRequestsOf({ spec }: Pod, options: { overhead: boolean }): Amounts {
  if (spec === undefined) return {}
  const requests = ofPod(spec, 'requests')
  return options.overhead ? addAmounts(requests, amountsOf(spec.overhead)) : requests
}

export function podLimitsOf({ spec }: Pod, options: { overhead: boolean }): Amounts {
  if (spec === undefined) return {}
  const limits = ofPod(spec, 'limits')
  if (!options.overhead || spec.overhead === undefined) return limits
  const overhead = Object.entries(amountsOf(spec.overhead)).filter(([name]) => limits[name] !== undefined)
  return addAmounts(limits, Object.fromEntries(overhead))
}
