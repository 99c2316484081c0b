/** Models k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go. */

export interface Conflict {
  manager: string
  subresource?: string
  apiVersion: string
  operation: 'Apply' | 'Update'
  /** `.spec.replicas` */
  field: string
  time?: string
}

/** `"kubectl" with subresource "scale" using apps/v1`; an applier's version and time are not told. */
export function makeManagerText({ manager, subresource, apiVersion, operation }: Conflict): string {
  const name = JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : '')
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}

/** `Apply failed with 1 conflict: conflict with "kubectl-create" using apps/v1: .spec.replicas`, or the long form. */
export function makeConflictText(conflicts: readonly Conflict[]): string {
  const [first] = conflicts
  if (conflicts.length === 1 && first !== undefined)
    return `Apply failed with 1 conflict: conflict with ${makeManagerText(first)}: ${first.field}`
  const byManager = new Map<string, string[]>()
  for (const conflict of conflicts) {
    const manager = makeManagerText(conflict)
    byManager.set(manager, [...(byManager.get(manager) ?? []), `- ${conflict.field}`])
  }
  const lines = [...byManager.keys()]
    .sort()
    .flatMap((manager) => [`conflicts with ${manager}:`, ...byManager.get(manager)!])
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}

/** The causes of the 409, one a field. */
export function conflictCauses(conflicts: readonly Conflict[]): { reason: string; message: string; field: string }[] {
  return conflicts.map((conflict) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${makeManagerText(conflict)}`,
    field: conflict.field,
  }))
}
