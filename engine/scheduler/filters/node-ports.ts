import { hostPorts } from '../node-info.ts'
import type { HostPort } from '../node-info.ts'
import { reject } from '../plugin.ts'
import type { Filter } from '../plugin.ts'

/** Models plugins/nodeports (E3). */
export const nodePorts: Filter = {
  name: 'NodePorts',
  prepare: (pod) => hostPorts(pod),
  filter(_pod, node, _snapshot, prepared) {
    const wanted = prepared as HostPort[]
    if (wanted.length === 0) return undefined
    const taken = [...node.pods.values()].flatMap(hostPorts)
    const clash = wanted.some((port) => taken.some((other) => other.key === port.key && sameAddress(port.ip, other.ip)))
    return clash ? reject("node(s) didn't have free ports for the requested pod ports", false) : undefined
  },
}

function sameAddress(a: string, b: string): boolean {
  return a === b || a === '0.0.0.0' || b === '0.0.0.0'
}
