/** The transformers of one kustomization file, in kustomize's order. Models kusttarget_configplugin.go. */
import type { Run } from '../../../host/process.ts'
import type { TransformerConfig } from '../config/defaults.ts'
import { METADATA_LABELS } from '../config/defaults.ts'
import { mergeSpecs } from '../config/load.ts'
import type { Kustomization, Label } from '../kustomization.ts'
import type { Loader } from '../loader.ts'
import { imageTransformer } from './images.ts'
import { annotationsTransformer, labelTransformer } from './metadata.ts'
import { prefixTransformer, suffixTransformer } from './names.ts'
import { namespaceTransformer } from './namespace.ts'
import { json6902Transformer, patchTransformer, strategicTransformer } from './patches.ts'
import { replacementTransformer } from './replacements.ts'
import { replicaTransformer } from './replicas.ts'
import type { Transformer } from './transformer.ts'

function labelSpecs(label: Label, config: TransformerConfig) {
  const own = mergeSpecs(label.fields ?? [], config.labels)
  if (label.includeSelectors) return mergeSpecs(own, config.commonLabels)
  return mergeSpecs(label.includeTemplates ? mergeSpecs(own, config.templateLabels) : own, [METADATA_LABELS])
}

export function* transformersOf(loader: Loader, read: Kustomization, config: TransformerConfig): Run<Transformer[]> {
  const all: Transformer[] = []
  if (read.patchesStrategicMerge?.length) all.push(yield* strategicTransformer(loader, read.patchesStrategicMerge))
  for (const patch of read.patches ?? []) all.push(yield* patchTransformer(loader, patch))
  if (read.namespace) all.push(namespaceTransformer(read.namespace, config.namespace))
  if (read.namePrefix) all.push(prefixTransformer(read.namePrefix, config.namePrefix))
  if (read.nameSuffix) all.push(suffixTransformer(read.nameSuffix, config.nameSuffix))
  const labels = read.labels ?? []
  for (const label of labels) all.push(labelTransformer(label.pairs ?? {}, labelSpecs(label, config)))
  const common = read.commonLabels ?? {}
  if (labels.length > 0 || Object.keys(common).length > 0) all.push(labelTransformer(common, config.commonLabels))
  const annotations = read.commonAnnotations ?? {}
  if (Object.keys(annotations).length > 0) all.push(annotationsTransformer(annotations, config.commonAnnotations))
  for (const patch of read.patchesJson6902 ?? []) all.push(yield* json6902Transformer(loader, patch))
  for (const replica of read.replicas ?? []) all.push(replicaTransformer(replica, config.replicas))
  for (const image of read.images ?? []) all.push(imageTransformer(image, config.images))
  if (read.replacements?.length) all.push(yield* replacementTransformer(loader, read.replacements))
  return all
}
