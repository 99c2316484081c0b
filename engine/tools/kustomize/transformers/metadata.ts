/** `labels`, commonLabels and commonAnnotations. Models LabelTransformer and AnnotationsTransformer. */
import { setField } from '../fieldspec.ts'
import type { FieldSpec } from '../fieldspec.ts'
import type { ResMap } from '../resmap.ts'
import { byText, isFields } from '../tree.ts'
import type { Transformer } from './transformer.ts'

function setter(kind: string, texts: Record<string, string>, specs: FieldSpec[]): Transformer {
  const entries = Object.entries(texts).toSorted(([a], [b]) => byText(a, b))
  return {
    kind,
    transform({ resources }: ResMap) {
      for (const resource of resources)
        for (const [key, text] of entries)
          for (const spec of specs)
            setField(resource, spec, (value) => void (isFields(value) && (value[key] = text)), 'map')
    },
  }
}

export const labelTransformer = (labels: Record<string, string>, specs: FieldSpec[]): Transformer =>
  setter('LabelTransformer', labels, specs)

export const annotationsTransformer = (annotations: Record<string, string>, specs: FieldSpec[]): Transformer =>
  setter('AnnotationsTransformer', annotations, specs)
