/** configMapGenerator and secretGenerator. Models api/internal/generators. */
import { isBinary } from '../../../host/bytes.ts'
import type { Proc, Run } from '../../../host/process.ts'
import { KustomizeError } from '../errors.ts'
import type { GeneratorArgs, GeneratorOptions } from '../kustomization.ts'
import type { Loader } from '../loader.ts'
import { Resource } from '../resource.ts'
import type { Behavior } from '../resource.ts'
import { encodeBase64 } from '../../kubectl/config/connection.ts'
import { byText } from '../tree.ts'
import type { Fields } from '../tree.ts'
import { loadPairs } from './key-values.ts'

export type GeneratedKind = 'ConfigMap' | 'Secret'

const BEHAVIORS: Record<string, Behavior> = { create: 'create', replace: 'replace', merge: 'merge' }

/** The options of one generator and of all. */
function withGlobal(own: GeneratorOptions = {}, all: GeneratorOptions = {}): GeneratorOptions {
  return {
    labels: { ...all.labels, ...own.labels },
    annotations: { ...all.annotations, ...own.annotations },
    disableNameSuffixHash: own.disableNameSuffixHash || all.disableNameSuffixHash,
    immutable: own.immutable || all.immutable,
  }
}

/** The object that one entry of the kustomization file makes. */
export function* generate(
  p: Proc,
  loader: Loader,
  kind: GeneratedKind,
  args: GeneratorArgs,
  all?: GeneratorOptions,
): Run<Resource> {
  if (!args.name) throw new KustomizeError('a configmap must have a name')
  const options = withGlobal(args.options, all)
  const pairs = (yield* loadPairs(p, loader, args)).toSorted(([a], [b]) => byText(a, b))
  const isBytes = ([, value]: readonly [string, string]): boolean => kind === 'ConfigMap' && isBinary(value)
  const bytes = pairs.filter(isBytes).map(([key, value]) => [key, encodeBase64(value)])
  const texts = pairs.filter((pair) => !isBytes(pair))
  const data: Fields = Object.fromEntries(
    texts.map(([key, value]) => [key, kind === 'Secret' ? encodeBase64(value) : value]),
  )
  const resource = new Resource({
    apiVersion: 'v1',
    kind,
    metadata: { name: args.name, ...(args.namespace ? { namespace: args.namespace } : {}) },
    ...(kind === 'Secret' ? { type: args.type || 'Opaque' } : {}),
    ...(texts.length > 0 || kind === 'Secret' ? { data } : {}),
    ...(bytes.length > 0 ? { binaryData: Object.fromEntries(bytes) } : {}),
    ...(options.immutable ? { immutable: true } : {}),
  })
  if (Object.keys(options.labels!).length > 0) resource.setTexts('labels', options.labels!)
  if (Object.keys(options.annotations!).length > 0) resource.setTexts('annotations', options.annotations!)
  resource.behavior = BEHAVIORS[args.behavior ?? ''] ?? 'unspecified'
  resource.needsHash = !options.disableNameSuffixHash
  return resource
}
