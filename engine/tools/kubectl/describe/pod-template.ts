/** `Pod Template:` of a workload, and what it shares with pods. Models kubectl/pkg/describe DescribePodTemplate. */
import type { PodSpec, PodTemplateSpec, Toleration } from '../../../objects/types.gen.ts'
import { containerLines, type ContainerView } from './containers.ts'
import { volumeLines } from './volumes.ts'
import { annotationLines, labelLines, type Writer } from './writer.ts'

export function podTemplateLines(w: Writer, template: PodTemplateSpec | undefined, portNames: boolean): void {
  w.line(0, 'Pod Template:')
  if (!template) return w.line(1, '<unset>')
  const spec: Partial<PodSpec> = template.spec ?? {}
  labelLines(w, 'Labels', template.metadata?.labels, '  ')
  if (Object.keys(template.metadata?.annotations ?? {}).length > 0)
    annotationLines(w, template.metadata?.annotations, '  ')
  if (spec.serviceAccountName) w.field('Service Account', spec.serviceAccountName, 1)
  const view: ContainerView = { space: '  ', statuses: [], resolve: () => '', portNames }
  if (spec.initContainers?.length) containerLines(w, 'Init Containers', spec.initContainers, view)
  containerLines(w, 'Containers', spec.containers ?? [], view)
  volumeLines(w, spec.volumes, '  ')
  for (const constraint of spec.topologySpreadConstraints ?? [])
    w.field(
      'Topology Spread Constraints',
      `${constraint.topologyKey}:${constraint.whenUnsatisfiable} when max skew ${constraint.maxSkew} is exceeded`,
      1,
    )
  if (spec.priorityClassName) w.field('Priority Class Name', spec.priorityClassName, 1)
  labelLines(w, 'Node-Selectors', spec.nodeSelector, '  ')
  tolerationLines(w, spec.tolerations, '  ')
}

export function tolerationLines(w: Writer, tolerations: readonly Toleration[] | undefined, indent: string): void {
  const all = [...(tolerations ?? [])].sort((a, b) =>
    (a.key ?? '') < (b.key ?? '') ? -1 : (a.key ?? '') > (b.key ?? '') ? 1 : 0,
  )
  if (all.length === 0) return w.line(0, `${indent}Tolerations:\t<none>`)
  all.forEach((toleration, i) => w.line(0, `${indent}${i === 0 ? 'Tolerations:' : ''}\t${tolerationText(toleration)}`))
}

function tolerationText(of: Toleration): string {
  const { key = '', value = '', effect = '', operator, tolerationSeconds } = of
  const head = `${key}${value ? `=${value}` : ''}${effect ? `:${effect}` : ''}`
  const exists = operator === 'Exists' && value === '' ? (head ? ' op=Exists' : 'op=Exists') : ''
  return `${head}${exists}${tolerationSeconds === undefined ? '' : ` for ${tolerationSeconds}s`}`
}
