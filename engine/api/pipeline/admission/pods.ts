/** Plugins over pods of a few lines each. */
import { matchesLabels, parseLabelSelector, selectorFromLabels } from '../../../objects/selectors.ts'
import type { Container, Node, Pod, RuntimeClass, Toleration } from '../../../objects/types.gen.ts'
import { deepEqual } from '../../../objects/equal.ts'
import { canonicalQuantity } from '../../../objects/quantity.ts'
import type { KubeObject } from '../../client.ts'
import type { Core } from '../../core.ts'
import { withMeta } from '../../metadata.ts'
import { directoryOf } from '../../storage/keys.ts'
import { findNamespace } from './namespace-lifecycle.ts'
import { deny, pass } from './plugin.ts'
import type { Admission, Attributes, Plugin } from './plugin.ts'

function everyContainer(pod: Pod, change: (container: Container) => Container): Pod {
  const { containers, initContainers, ephemeralContainers } = pod.spec ?? {}
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: containers?.map(change),
      ...(initContainers && { initContainers: initContainers.map(change) }),
      ...(ephemeralContainers && { ephemeralContainers: ephemeralContainers.map((one) => change(one as Container)) }),
    },
  } as Pod
}

/** Models plugin/pkg/admission/alwayspullimages. Not modelled: image volumes. */
export const alwaysPullImages: Plugin = {
  name: 'AlwaysPullImages',
  operations: ['CREATE', 'UPDATE'],
  resources: ['pods', 'pods/ephemeralcontainers'],
  admit(_core, _flight, attrs) {
    if (attrs.operation === 'UPDATE' && sameImages(attrs)) return pass(attrs)
    return {
      object: everyContainer(attrs.object as Pod, (container) => ({ ...container, imagePullPolicy: 'Always' })),
    }
  },
  validate(_core, _flight, attrs) {
    if (attrs.operation === 'UPDATE' && sameImages(attrs)) return pass(attrs)
    const { containers = [], initContainers = [] } = (attrs.object as Pod).spec ?? {}
    const index = containers.findIndex(({ imagePullPolicy }) => imagePullPolicy !== 'Always')
    const init = initContainers.findIndex(({ imagePullPolicy }) => imagePullPolicy !== 'Always')
    const wrong =
      init >= 0
        ? `spec.initContainers[${init}].imagePullPolicy: Unsupported value: "${initContainers[init]?.imagePullPolicy}"`
        : index >= 0
          ? `spec.containers[${index}].imagePullPolicy: Unsupported value: "${containers[index]?.imagePullPolicy}"`
          : undefined
    return wrong === undefined ? pass(attrs) : deny(attrs, `${wrong}: supported values: "Always"`)
  },
}

function sameImages({ object, oldObject }: Attributes): boolean {
  const images = (pod: Pod): unknown[] =>
    [
      ...(pod.spec?.initContainers ?? []),
      ...(pod.spec?.containers ?? []),
      ...(pod.spec?.ephemeralContainers ?? []),
    ].map(({ image }) => image)
  const before = new Set(images(oldObject as Pod))
  return images(object as Pod).every((image) => before.has(image))
}

const isExtended = (name: string): boolean =>
  name.includes('/') && !/(^|\.)kubernetes\.io\//.test(name) && !name.startsWith('requests.')

/** Models plugin/pkg/admission/extendedresourcetoleration. */
export const extendedResourceToleration: Plugin = {
  name: 'ExtendedResourceToleration',
  operations: ['CREATE', 'UPDATE'],
  resources: ['pods'],
  admit(_core, _flight, attrs) {
    const pod = attrs.object as Pod
    const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
    const names = containers.flatMap(({ resources }) => Object.keys(resources?.requests ?? {}).filter(isExtended))
    const before = pod.spec?.tolerations ?? []
    const missing = [...new Set(names)]
      .sort()
      .filter((key) => !before.some((one) => one.key === key && one.operator === 'Exists' && !one.effect))
    if (missing.length === 0) return pass(attrs)
    const added = missing.map((key): Toleration => ({ key, operator: 'Exists' }))
    return { object: { ...pod, spec: { ...pod.spec, tolerations: [...before, ...added] } } as Pod }
  },
}

const NODE_SELECTOR = 'scheduler.alpha.kubernetes.io/node-selector'

/** Models plugin/pkg/admission/podnodeselector. */
export const podNodeSelector: Plugin = {
  name: 'PodNodeSelector',
  operations: ['CREATE'],
  resources: ['pods'],
  admit(core, _flight, attrs) {
    const pod = attrs.object as Pod
    const wanted = namespaceSelector(core, attrs.namespace)
    const own = pod.spec?.nodeSelector ?? {}
    const conflicting = Object.entries(wanted).some(([key, value]) => own[key] !== undefined && own[key] !== value)
    if (conflicting) return deny(attrs, 'pod node label selector conflicts with its namespace node label selector')
    if (Object.keys(wanted).length === 0) return pass(attrs)
    return { object: { ...pod, spec: { ...pod.spec, nodeSelector: { ...wanted, ...own } } } as Pod }
  },
  validate(core, _flight, attrs) {
    const { podNodeSelectorPluginConfig: config } = configOf(core)
    const allowed = config?.[attrs.namespace]
    if (allowed === undefined || allowed === '') return pass(attrs)
    const selector = selectorFromLabels((attrs.object as Pod).spec?.nodeSelector ?? {})
    return matchesLabels(selector, labelsOf(allowed)) || Object.keys(labelsOf(allowed)).length === 0
      ? pass(attrs)
      : deny(attrs, 'pod node label selector labels conflict with its namespace whitelist')
  },
}

const configOf = (core: Core): { podNodeSelectorPluginConfig?: Record<string, string> } =>
  (core.flags.admissionConfig.PodNodeSelector as { podNodeSelectorPluginConfig?: Record<string, string> }) ?? {}

/** `a=b,c=d`; the labels that the text asks for. */
function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    parseLabelSelector(text).requirements.flatMap(({ key, values }) =>
      values.length === 1 ? [[key, values[0] as string]] : [],
    ),
  )
}

function namespaceSelector(core: Core, name: string): Record<string, string> {
  const annotation = findNamespace(core, name)?.metadata.annotations?.[NODE_SELECTOR]
  return labelsOf(annotation ?? configOf(core).podNodeSelectorPluginConfig?.clusterDefaultNodeSelector ?? '')
}

/** Overhead and scheduling of a pod's RuntimeClass. Models plugin/pkg/admission/runtimeclass. */
export const runtimeClass: Plugin = {
  name: 'RuntimeClass',
  operations: ['CREATE'],
  resources: ['pods'],
  admit(core, _flight, attrs) {
    const pod = attrs.object as Pod
    const found = classOf(core, pod)
    if (found === 'missing') return deny(attrs, missingText(pod))
    if (found === undefined) return pass(attrs)
    return withClass(attrs, pod, found)
  },
  validate(core, _flight, attrs) {
    const pod = attrs.object as Pod
    const found = classOf(core, pod)
    if (found === 'missing') return deny(attrs, missingText(pod))
    const overhead = amounts(pod.spec?.overhead)
    const wanted = amounts(found?.overhead?.podFixed)
    if (found !== undefined && Object.keys(wanted).length > 0)
      return deepEqual(overhead, wanted)
        ? pass(attrs)
        : deny(attrs, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
    if (Object.keys(overhead).length === 0) return pass(attrs)
    return deny(attrs, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
  },
}

const amounts = (list: Record<string, string | number> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(list ?? {}).map(([name, value]) => [name, canonicalQuantity(value)]))

function classOf(core: Core, { spec }: Pod): RuntimeClass | 'missing' | undefined {
  const name = spec?.runtimeClassName ?? ''
  if (name === '') return undefined
  return (
    (core.cache.get(`${directoryOf('node.k8s.io', 'runtimeclasses')}${name}`) as RuntimeClass | undefined) ?? 'missing'
  )
}

const missingText = ({ spec }: Pod): string => `pod rejected: RuntimeClass "${spec?.runtimeClassName}" not found`

function withClass(attrs: Attributes, pod: Pod, { overhead, scheduling }: RuntimeClass): Admission {
  const own = pod.spec?.nodeSelector ?? {}
  const wanted = scheduling?.nodeSelector ?? {}
  const conflicts = Object.keys(wanted).filter((key) => own[key] !== undefined && own[key] !== wanted[key])
  if (conflicts.length > 0)
    return deny(
      attrs,
      `conflict: runtimeClass.scheduling.nodeSelector[${conflicts[0]}] = ${wanted[conflicts[0] as string]}; pod.spec.nodeSelector[${conflicts[0]}] = ${own[conflicts[0] as string]}`,
    )
  const given = pod.spec?.overhead
  if (overhead?.podFixed !== undefined && given !== undefined && !deepEqual(amounts(given), amounts(overhead.podFixed)))
    return deny(attrs, `pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`)
  const tolerations = pod.spec?.tolerations ?? []
  const added = (scheduling?.tolerations ?? []).filter((one) => !tolerations.some((other) => deepEqual(one, other)))
  return {
    object: {
      ...pod,
      spec: {
        ...pod.spec,
        ...(overhead?.podFixed !== undefined && { overhead: overhead.podFixed }),
        ...(Object.keys(wanted).length > 0 && { nodeSelector: { ...wanted, ...own } }),
        ...(added.length > 0 && { tolerations: [...tolerations, ...added] }),
      },
    } as Pod,
  }
}

const TOPOLOGY = /^topology\.kubernetes\.io\/(zone|region)$/

/** A bound pod carries where its node stands. Models plugin/pkg/admission/podtopologylabels (R11). */
export const podTopologyLabels: Plugin = {
  name: 'PodTopologyLabels',
  operations: ['CREATE'],
  resources: ['pods/binding', 'bindings', 'pods'],
  admit(core, _flight, attrs) {
    const { target } = attrs.object as KubeObject & { target?: { name?: string } }
    const name =
      attrs.entry.resource === 'pods' && attrs.subresource === '' ? (attrs.object as Pod).spec?.nodeName : target?.name
    if (name === undefined || name === '') return pass(attrs)
    const node = core.cache.get(`${directoryOf('', 'nodes')}${name}`) as Node | undefined
    const labels = Object.entries(node?.metadata.labels ?? {}).filter(([key]) => TOPOLOGY.test(key))
    if (labels.length === 0) return pass(attrs)
    const object = attrs.object as KubeObject
    return { object: withMeta(object, { labels: { ...object.metadata?.labels, ...Object.fromEntries(labels) } }) }
  },
}
