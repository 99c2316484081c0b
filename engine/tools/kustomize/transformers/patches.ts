/** `patches`, patchesStrategicMerge and patchesJson6902. Models PatchTransformer and its two ancestors. */
import { applyJsonPatch } from '../../../objects/patch/json.ts'
import { PatchError } from '../../../objects/patch/json-value.ts'
import type { Json } from '../../../objects/patch/json-value.ts'
import type { Run } from '../../../host/process.ts'
import { makeYaml, parseYaml, YamlError } from '../../../objects/yaml.ts'
import { KustomizeError } from '../errors.ts'
import { apiVersionOf, idText } from '../ids.ts'
import type { Patch, Selector } from '../kustomization.ts'
import type { Loader } from '../loader.ts'
import { mergePatch } from '../merge.ts'
import { readResources } from '../read.ts'
import type { ResMap } from '../resmap.ts'
import type { Resource } from '../resource.ts'
import { selects } from '../selector.ts'
import { isFields, scalarText } from '../tree.ts'
import type { Fields } from '../tree.ts'
import { configuring } from './configuring.ts'
import type { Transformer } from './transformer.ts'

type Operations = unknown[]

const attempt = <T>(step: () => T): T | undefined => {
  try {
    return step()
  } catch (error) {
    if (error instanceof KustomizeError || error instanceof YamlError || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** JSON, or YAML when it does not begin as a list of JSON. */
function readOperations(text: string): Operations | undefined {
  const read = attempt((): unknown => (text.startsWith('[') ? JSON.parse(text) : parseYaml(text)))
  return Array.isArray(read) ? (read as Operations) : undefined
}

/** `patches`: each either a strategic merge or a JSON patch. */
export function* patchTransformer(loader: Loader, patch: Patch): Run<Transformer> {
  const { path, target, options } = patch
  const inline = patch.patch?.trim()
  const config = {
    ...(options ? { options } : {}),
    ...(patch.patch ? { patch: patch.patch } : {}),
    ...(path ? { path } : {}),
    ...(target ? { target } : {}),
  }
  return yield* configuring('PatchTransformer', config, function* () {
    if (!inline && !path)
      throw new KustomizeError(`must specify one of patch and path in\n${makeYaml(config)}`.trimEnd())
    if (inline && path)
      throw new KustomizeError(`patch and path can't be set at the same time\n${makeYaml(config)}`.trimEnd())
    const text = inline ? inline : (yield* patchFile(loader, path!)).trim()
    const merges = attempt(() => readResources(text))
    const operations = readOperations(text)
    const shown = inline ? `patch: ${JSON.stringify(inline)}` : `path: ${JSON.stringify(path)}`
    const isMerge = merges !== undefined && merges.length > 0
    if (isMerge && operations) throw new KustomizeError(`illegally qualifies as both an SM and JSON patch: [${shown}]`)
    if (!isMerge && !operations) throw new KustomizeError(`unable to parse SM or JSON patch from [${shown}]`)
    for (const merge of merges ?? []) {
      merge.allowNameChange = options?.allowNameChange ?? false
      merge.allowKindChange = options?.allowKindChange ?? false
    }
    return {
      kind: 'PatchTransformer',
      transform: (map: ResMap) =>
        operations ? jsonPatch(map, operations, target, shown) : mergeAll(map, merges!, target),
    }
  })
}

function* patchFile(loader: Loader, path: string): Run<string> {
  try {
    return yield* loader.load(path)
  } catch (error) {
    throw error instanceof KustomizeError ? error.wrapped(`failed to get the patch file from path(${path})`) : error
  }
}

function mergeAll(map: ResMap, patches: Resource[], target: Selector | undefined, find = targetOf): void {
  for (const patch of patches) {
    if (target)
      for (const resource of map.resources.filter((one) => selects(target, one)))
        applyMerge(resource, patch.withTexts())
    else applyMerge(find(map, patch), patch)
  }
  map.dropEmpty()
}

function targetOf(map: ResMap, patch: Resource): Resource {
  const id = patch.originalId
  try {
    return map.byId(id)
  } catch (error) {
    throw error instanceof KustomizeError
      ? error.wrapped(`no resource matches strategic merge patch ${JSON.stringify(idText(id))}`)
      : error
  }
}

/** A patch changes neither name nor namespace nor kind, unless it is allowed to. */
function applyMerge(resource: Resource, patch: Resource): void {
  const { name, namespace, gvk } = resource
  if (patch.allowNameChange || patch.allowKindChange) resource.storePreviousId()
  const merged = mergePatch(gvk, resource.body, patch.body)
  resource.body = merged ?? {}
  if (merged === undefined) return
  if (!patch.allowKindChange) Object.assign(resource.body, { apiVersion: apiVersionOf(gvk), kind: gvk.kind })
  if (!patch.allowNameChange) resource.name = name
  resource.namespace = namespace
}

/** JSON has no fields without a value. */
const plain = (body: Fields): Json =>
  JSON.parse(JSON.stringify(body, (_, value: unknown) => (value === undefined ? null : value))) as Json

function jsonPatch(map: ResMap, operations: Operations, target: Selector | undefined, shown: string): void {
  if (!target) throw new KustomizeError(`must specify a target for JSON patch [${shown}]`)
  for (const resource of map.resources.filter((one) => selects(target, one))) {
    resource.storePreviousId()
    applyOperations(resource, operations)
  }
}

function applyOperations(resource: Resource, operations: Operations): void {
  try {
    const patched = applyJsonPatch(plain(resource.body), operations)
    resource.body = patched as Fields
  } catch (error) {
    throw error instanceof PatchError ? new KustomizeError(error.message) : error
  }
}

/** patchesStrategicMerge: files, or patches written in place. */
export function* strategicTransformer(loader: Loader, entries: string[]): Run<Transformer> {
  return yield* configuring('PatchStrategicMergeTransformer', { paths: entries }, function* () {
    const patches: Resource[] = []
    for (const entry of entries) {
      const inline = entry.includes('\n') || isFields(attempt(() => parseYaml(entry)) as Fields)
      patches.push(...readPatch(inline ? entry : yield* loader.load(entry), entry))
    }
    if (patches.length === 0) throw new KustomizeError('patchesStrategicMerge appears to be empty; files=[], Patch=""')
    return {
      kind: 'PatchStrategicMergeTransformer',
      transform: (map: ResMap) => mergeAll(map, patches, undefined, (all, patch) => all.byId(patch.originalId)),
    }
  })
}

function readPatch(text: string, path: string): Resource[] {
  try {
    return readResources(text)
  } catch (error) {
    if (!(error instanceof KustomizeError)) throw error
    throw error.malformed ? new KustomizeError(`${error.message} in File: ${path}`) : error
  }
}

/** patchesJson6902: the target is one object. */
export function* json6902Transformer(loader: Loader, patch: Patch): Run<Transformer> {
  const { path, patch: text, target } = patch
  const config = { ...(text ? { jsonOp: text } : {}), ...(path ? { path } : {}), ...(target ? { target } : {}) }
  return yield* configuring('PatchJson6902Transformer', config, function* () {
    if (!target?.name) throw new KustomizeError('must specify the target name')
    if (!path && !text) throw new KustomizeError('must specify a patch or a path')
    if (path && text) throw new KustomizeError('must specify a single json6902 patch')
    const read = text ?? (yield* loader.load(path!))
    const operations = decodeOperations(read)
    return {
      kind: 'PatchJson6902Transformer',
      transform(map: ResMap) {
        for (const resource of map.resources.filter((one) => selects(target, one))) {
          resource.storePreviousId()
          applyOperations(resource, operations)
        }
      },
    }
  })
}

function decodeOperations(text: string): Operations {
  const bad = (why: string): KustomizeError => new KustomizeError(`decoding ${text}: ${why}`)
  let read: unknown
  try {
    read = text.startsWith('[') ? JSON.parse(text) : parseYaml(text)
  } catch (error) {
    if (error instanceof SyntaxError)
      throw bad(`invalid character '${invalidCharacter(text)}' looking for beginning of object key string`)
    if (error instanceof YamlError) throw bad(error.message)
    throw error
  }
  if (Array.isArray(read)) return read as Operations
  throw bad(
    `json: cannot unmarshal ${isFields(read as Fields) ? 'object' : typeof read} into Go value of type jsonpatch.Patch`,
  )
}

const invalidCharacter = (text: string): string => scalarText(/[{,]\s*([^"\s}])/.exec(text)?.[1])
