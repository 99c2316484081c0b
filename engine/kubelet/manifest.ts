/**
 * A manifest's text as the kubelet reads it. Models pkg/kubelet/config/common.go (tryDecodeSinglePod, applyDefaults)
 * and pkg/api/pod (HasAPIObjectReference) (O5). Not modelled: lists of pods in one file.
 */
import { decodeStrict } from '../objects/decode.ts'
import { applyDefaults } from '../objects/defaults/index.ts'
import { KindRegistry } from '../objects/kinds.ts'
import type { KindEntry } from '../objects/kinds.ts'
import type { Pod, PodSpec } from '../objects/types.gen.ts'
import { makeFieldError, validateCreate } from '../objects/validation/index.ts'
import { parseYaml, YamlError } from '../objects/yaml.ts'

export type Manifest = { pod: Pod } | { error: string }

/** `name`: the node; the pod takes it as its name's end. */
interface Facts {
  minor: number
  /** Makes the static pod of what was read. */
  complete(pod: Pod): Pod
}

const SCHEME = 'pkg/api/legacyscheme/scheme.go:30'
const registries = new Map<number, KindEntry>()

function podEntry(minor: number): KindEntry {
  let entry = registries.get(minor)
  if (entry === undefined)
    registries.set(minor, (entry = new KindRegistry(`1.${minor}`).byKind('', 'v1', 'Pod') as KindEntry))
  return entry
}

export function readManifest(text: string, path: string, { minor, complete }: Facts): Manifest {
  const unparsed = (why: string): Manifest => ({
    error: `${path}: couldn't parse as pod(${why}), please check config file`,
  })
  const read = parsed(text)
  if ('error' in read) return unparsed(read.error)
  const wrong = typeProblem(read.object)
  if (wrong !== undefined) return unparsed(wrong)
  const decoded = decodeStrict(podEntry(minor), read.object, minor)
  if (decoded.error !== undefined) return unparsed(decoded.error)
  const pod = complete(decoded.object as unknown as Pod)
  const errors = validateCreate(podEntry(minor), applyDefaults(podEntry(minor), pod), { release: `1.${minor}` })
  if (errors.length > 0) return { error: `invalid pod: [${errors.map(makeFieldError).join(' ')}]` }
  const reference = minor >= 34 ? apiReference(pod.spec) : undefined
  return reference === undefined ? { pod } : unparsed(`static pods may not reference ${reference}`)
}

function parsed(text: string): { object: unknown } | { error: string } {
  try {
    return { object: parseYaml(text) ?? null }
  } catch (error) {
    if (error instanceof YamlError) return { error: error.message.replace(/^error converting YAML to JSON: /, '') }
    throw error
  }
}

function typeProblem(object: unknown): string | undefined {
  const isMap = typeof object === 'object' && object !== null && !Array.isArray(object)
  const { apiVersion, kind } = (isMap ? object : {}) as { apiVersion?: string; kind?: string }
  if (!isMap && object !== null)
    return `couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(object) ? 'array' : typeof object} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`
  if (kind === undefined || kind === '') return `Object 'Kind' is missing in '${JSON.stringify(object)}'`
  if (apiVersion === undefined || apiVersion === '')
    return `Object 'apiVersion' is missing in '${JSON.stringify(object)}'`
  if (kind === 'Pod' && apiVersion === 'v1') return undefined
  return `no kind "${kind}" is registered for version "${apiVersion}" in scheme "${SCHEME}"`
}

/** The first kind of API objects that a spec names: a static pod must live without the API server. */
function apiReference(spec: PodSpec | undefined): string | undefined {
  if (spec === undefined) return undefined
  if ((spec.serviceAccountName ?? '') !== '') return 'serviceaccounts'
  if (namesSecret(spec)) return 'secrets'
  if (namesConfigMap(spec)) return 'configmaps'
  if ((spec.resourceClaims ?? []).length > 0) return 'resourceclaims'
  const volumes = spec.volumes ?? []
  if (volumes.some(({ persistentVolumeClaim, ephemeral }) => (persistentVolumeClaim ?? ephemeral) !== undefined))
    return 'persistentvolumeclaims'
  const tokens = volumes.some(({ projected }) =>
    (projected?.sources ?? []).some(({ serviceAccountToken }) => serviceAccountToken !== undefined),
  )
  return tokens ? 'serviceaccounts' : undefined
}

const containersOf = (spec: PodSpec): NonNullable<PodSpec['containers']> => [
  ...(spec.initContainers ?? []),
  ...(spec.containers ?? []),
]

function namesSecret(spec: PodSpec): boolean {
  const inEnv = containersOf(spec).some(
    ({ env, envFrom }) =>
      (envFrom ?? []).some(({ secretRef }) => secretRef !== undefined) ||
      (env ?? []).some(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined),
  )
  const inVolumes = (spec.volumes ?? []).some(
    ({ secret, projected }) =>
      secret !== undefined || (projected?.sources ?? []).some((source) => source.secret !== undefined),
  )
  return inEnv || inVolumes || (spec.imagePullSecrets ?? []).length > 0
}

function namesConfigMap(spec: PodSpec): boolean {
  const inEnv = containersOf(spec).some(
    ({ env, envFrom }) =>
      (envFrom ?? []).some(({ configMapRef }) => configMapRef !== undefined) ||
      (env ?? []).some(({ valueFrom }) => valueFrom?.configMapKeyRef !== undefined),
  )
  return (
    inEnv ||
    (spec.volumes ?? []).some(
      ({ configMap, projected }) =>
        configMap !== undefined || (projected?.sources ?? []).some((source) => source.configMap !== undefined),
    )
  )
}
