import { conditionOf } from '../meta.ts'
import type { Node } from '../types.gen.ts'
import { ageColumn, nameColumn, orNone, text, wide } from './column.ts'
import type { Column } from './column.ts'

const ROLE_PREFIX = 'node-role.kubernetes.io/'
const ROLE_LABEL = 'kubernetes.io/role'
const ARCHITECTURE_SINCE = 36

function nodeStatus(node: Node): string {
  const ready = conditionOf(node.status?.conditions, 'Ready')
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady']
  if (node.spec?.unschedulable) words.push('SchedulingDisabled')
  return words.join(',')
}

/** The roles in a node's labels, sorted. */
export function nodeRoles(node: Node): string[] {
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX)) roles.add(key.slice(ROLE_PREFIX.length))
    else if (key === ROLE_LABEL && value !== '') roles.add(value)
  }
  return [...roles].filter((role) => role !== '').sort()
}

const address = (node: Node, type: string): string =>
  orNone(node.status?.addresses?.find((one) => one.type === type)?.address)

const unknown = (value: string | undefined): string => (value ? value : '<unknown>')

function kernelVersion(node: Node, minor: number): string {
  const { kernelVersion: kernel, architecture } = node.status?.nodeInfo ?? {}
  return kernel && architecture && minor >= ARCHITECTURE_SINCE ? `${kernel} (${architecture})` : unknown(kernel)
}

export const nodeColumns: Column<Node>[] = [
  nameColumn,
  text('Status', nodeStatus),
  text('Roles', (node) => orNone(nodeRoles(node).join(','))),
  ageColumn,
  text('Version', (node) => node.status?.nodeInfo?.kubeletVersion ?? ''),
  wide(text('Internal-IP', (node) => address(node, 'InternalIP'))),
  wide(text('External-IP', (node) => address(node, 'ExternalIP'))),
  wide(text('OS-Image', (node) => unknown(node.status?.nodeInfo?.osImage))),
  wide(text('Kernel-Version', (node, row) => kernelVersion(node, row.minor))),
  wide(text('Container-Runtime', (node) => unknown(node.status?.nodeInfo?.containerRuntimeVersion))),
]
