/** `generators` and `transformers`: kustomize's own kinds; what would run a program is refused as upstream does. Models plugins/loader. */
import type { Proc, Run } from '../../host/process.ts'
import type { TransformerConfig } from './config/defaults.ts'
import { KustomizeError } from './errors.ts'
import type { FieldSpec } from './fieldspec.ts'
import { generate } from './generators/generate.ts'
import type { GeneratedKind } from './generators/generate.ts'
import type { GeneratorArgs, Image, Patch, Replacement, Replica } from './kustomization.ts'
import type { Loader } from './loader.ts'
import type { Resource } from './resource.ts'
import { imageTransformer } from './transformers/images.ts'
import { annotationsTransformer, labelTransformer } from './transformers/metadata.ts'
import { prefixTransformer, suffixTransformer } from './transformers/names.ts'
import { namespaceTransformer } from './transformers/namespace.ts'
import type { SubjectMode } from './transformers/namespace.ts'
import { json6902Transformer, patchTransformer, strategicTransformer } from './transformers/patches.ts'
import { replacementTransformer } from './transformers/replacements.ts'
import { replicaTransformer } from './transformers/replicas.ts'
import type { Transformer } from './transformers/transformer.ts'
import { isFields } from './tree.ts'
import type { Fields } from './tree.ts'

type Make = (loader: Loader, body: Fields, config: TransformerConfig) => Run<Transformer>

const specsOf = (body: Fields): FieldSpec[] =>
  Array.isArray(body.fieldSpecs) ? (body.fieldSpecs as unknown as FieldSpec[]) : []

const namespaceOf = ({ metadata }: Fields): string =>
  isFields(metadata) && typeof metadata.namespace === 'string' ? metadata.namespace : ''

/** A transformer that needs nothing more than its configuration. */
const plain = (make: (body: Fields) => Transformer): Make =>
  // eslint-disable-next-line require-yield
  function* (_loader, body) {
    return make(body)
  }

const TRANSFORMERS: Record<string, Make> = {
  NamespaceTransformer: plain((body) =>
    namespaceTransformer(namespaceOf(body), specsOf(body), {
      unsetOnly: body.unsetOnly === true,
      subjects: body.setRoleBindingSubjects as SubjectMode | undefined,
    }),
  ),
  PrefixTransformer: plain((body) => prefixTransformer(String(body.prefix ?? ''), specsOf(body))),
  SuffixTransformer: plain((body) => suffixTransformer(String(body.suffix ?? ''), specsOf(body))),
  PrefixSuffixTransformer: plain(({ prefix, suffix, ...body }) => ({
    kind: 'PrefixSuffixTransformer',
    transform(map) {
      if (prefix) void prefixTransformer(String(prefix), specsOf(body)).transform(map)
      if (suffix) void suffixTransformer(String(suffix), specsOf(body)).transform(map)
    },
  })),
  LabelTransformer: plain((body) => labelTransformer((body.labels ?? {}) as Record<string, string>, specsOf(body))),
  AnnotationsTransformer: plain((body) =>
    annotationsTransformer((body.annotations ?? {}) as Record<string, string>, specsOf(body)),
  ),
  ImageTagTransformer: plain((body) => imageTransformer((body.imageTag ?? {}) as Image, specsOf(body))),
  ReplicaCountTransformer: plain((body) => replicaTransformer((body.replica ?? {}) as Replica, specsOf(body))),
  PatchTransformer: (loader, body) => patchTransformer(loader, body as unknown as Patch),
  PatchStrategicMergeTransformer: (loader, body) =>
    strategicTransformer(loader, [
      ...((body.paths ?? []) as string[]),
      ...(typeof body.patches === 'string' ? [body.patches] : []),
    ]),
  PatchJson6902Transformer: (loader, body) =>
    json6902Transformer(loader, {
      target: body.target as Patch['target'],
      ...(body.path ? { path: body.path as string } : {}),
      ...(body.jsonOp ? { patch: body.jsonOp as string } : {}),
    }),
  ReplacementTransformer: (loader, body) =>
    replacementTransformer(loader, (body.replacements ?? []) as unknown as Replacement[]),
}

const GENERATORS: Record<string, GeneratedKind> = { ConfigMapGenerator: 'ConfigMap', SecretGenerator: 'Secret' }

const isBuiltin = ({ body }: Resource): boolean => body.apiVersion === 'builtin'

const refused = (resource: Resource): KustomizeError =>
  new KustomizeError(`external plugins disabled; unable to load external plugin '${resource.gvk.kind}'`)

export function* pluginTransformer(loader: Loader, resource: Resource, config: TransformerConfig): Run<Transformer> {
  const make = TRANSFORMERS[resource.gvk.kind]
  if (make === undefined || !isBuiltin(resource)) throw refused(resource)
  return yield* make(loader, resource.body, config)
}

export function* pluginGenerate(p: Proc, loader: Loader, resource: Resource): Run<Resource> {
  const kind = GENERATORS[resource.gvk.kind]
  if (kind === undefined || !isBuiltin(resource)) throw refused(resource).wrapped('failed to load generator')
  const { metadata, ...rest } = resource.body
  const named = isFields(metadata) ? metadata : {}
  return yield* generate(p, loader, kind, { ...named, ...rest } as unknown as GeneratorArgs)
}
