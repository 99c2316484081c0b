/** `Pod Template:` of a workload, and what it shares with pods. Models kubectl/pkg/describe DescribePodTemplate. */
import type { PodSpec, PodTemplateSpec, Toleration } from '../../../objects/types.gen.ts'
import { labelSelectorText } from '../verbs/pods-of.ts'
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
  spreadLines(w, spec.topologySpreadConstraints, '  ')
  if (spec.priorityClassName) w.field('Priority Class Name', spec.priorityClassName, 1)
  labelLines(w, 'Node-Selectors', spec.nodeSelector, '  ')
  tolerationLines(w, spec.tolerations, '  ')
}

/** One constraint a line, by their keys. */
export function spreadLines(w: Writer, constraints: PodSpec['topologySpreadConstraints'], indent = ''): void {
  const all = [...(constraints ?? [])].sort((a, b) => (a.topologyKey < b.topologyKey ? -1 : 1))
  all.forEach(({ topologyKey, whenUnsatisfiable, maxSkew, labelSelector }, i) => {
    const head = `${indent}${i === 0 ? 'Topology Spread Constraints:' : ''}`
    const whose = labelSelector ? ` for selector ${labelSelectorText(labelSelector)}` : ''
    w.line(0, `${head}\t${topologyKey}:${whenUnsatisfiable} when max skew ${maxSkew} is exceeded${whose}`)
  })
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
