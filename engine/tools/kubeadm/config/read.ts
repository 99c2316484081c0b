/**
 * Configuration files: documents of kubeadm.k8s.io and of the components, read strictly. Models
 * cmd/kubeadm/app/util/config (common.go, initconfiguration.go) and util/config/strict.
 */
import { parseYamlDocuments, YamlError } from '../../../objects/yaml.ts'
import { KubeadmError } from '../errors.ts'
import { CONFIG_VERSIONS, KUBEADM_GROUP, shapeOf } from './schema.ts'
import type { ConfigVersion } from './schema.ts'
import { checkStrictly } from './strict.ts'
import type { Arg, Fields, LoadedConfig } from './types.ts'

export interface Reading {
  config: LoadedConfig
  /** klog warnings, as `place` and text. */
  warnings: { place: string; text: string }[]
  /** Kinds of kubeadm.k8s.io found, with their versions. */
  found: { kind: string; version: string }[]
}

/** Versions that a kubeadm still reads, and those it warns about. */
function support(minor: number): { read: ConfigVersion[]; deprecated: ConfigVersion[] } {
  if (minor >= 31) return { read: ['v1beta3', 'v1beta4'], deprecated: ['v1beta3'] }
  if (minor >= 27) return { read: ['v1beta3'], deprecated: [] }
  if (minor >= 22) return { read: ['v1beta2', 'v1beta3'], deprecated: ['v1beta2'] }
  return { read: ['v1beta2'], deprecated: [] }
}

const gvk = (group: string, version: string, kind: string): string =>
  `schema.GroupVersionKind{Group:${JSON.stringify(group)}, Version:${JSON.stringify(version)}, Kind:${JSON.stringify(kind)}}`

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads a file's text. Throws KubeadmError for what kubeadm refuses. */
export function readConfig(text: string, minor: number): Reading {
  const reading: Reading = { config: {}, warnings: [], found: [] }
  for (const document of documentsOf(text)) takeDocument(reading, document, minor)
  return reading
}

function documentsOf(text: string): Fields[] {
  let documents: unknown[]
  try {
    documents = parseYamlDocuments(text)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw new KubeadmError(error.message)
  }
  return documents.filter(isFields)
}

function takeDocument(reading: Reading, document: Fields, minor: number): void {
  const apiVersion = typeof document['apiVersion'] === 'string' ? document['apiVersion'] : ''
  const kind = typeof document['kind'] === 'string' ? document['kind'] : ''
  if (apiVersion === '' || kind === '')
    throw new KubeadmError(
      `invalid configuration for GroupVersionKind ${gvkText(apiVersion, kind)}: kind and apiVersion is mandatory information that must be specified`,
    )
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  if (group === KUBEADM_GROUP) return takeKubeadm(reading, document, { version, kind, minor })
  if (apiVersion === 'kubelet.config.k8s.io/v1beta1' && kind === 'KubeletConfiguration')
    reading.config.kubelet = document
  else if (apiVersion === 'kubeproxy.config.k8s.io/v1alpha1' && kind === 'KubeProxyConfiguration')
    reading.config.kubeProxy = document
  else
    reading.warnings.push({
      place: 'initconfiguration.go:381',
      text: `[config] WARNING: Ignored configuration document with GroupVersionKind ${gvkText(apiVersion, kind)}`,
    })
}

const gvkText = (apiVersion: string, kind: string): string => `${apiVersion || '/'}, Kind=${kind}`

interface Asked {
  version: string
  kind: string
  minor: number
}

function takeKubeadm(reading: Reading, document: Fields, { version, kind, minor }: Asked): void {
  checkVersion(reading, version, kind, minor)
  const shape = shapeOf(version as ConfigVersion, kind)
  if (shape === undefined)
    throw new KubeadmError(
      `unknown configuration ${gvk(KUBEADM_GROUP, version, kind)}: no kind "${kind}" is registered for version "${KUBEADM_GROUP}/${version}" in scheme "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/scheme/scheme.go:33"`,
    )
  const { unknown, mismatch } = checkStrictly(document, shape, kind)
  if (mismatch !== undefined)
    throw new KubeadmError(`error unmarshaling configuration ${gvk(KUBEADM_GROUP, version, kind)}: ${mismatch}`)
  if (unknown.length > 0)
    reading.warnings.push({
      place: 'initconfiguration.go:361',
      text: `error unmarshaling configuration ${gvk(KUBEADM_GROUP, version, kind)}: strict decoding error: ${unknown.join(', ')}`,
    })
  reading.found.push({ kind, version })
  place(reading.config, kind, converted(known(document, shape)))
}

function checkVersion(reading: Reading, version: string, kind: string, minor: number): void {
  const { read, deprecated } = support(minor)
  const spec = `"${KUBEADM_GROUP}/${version}" (kind: "${kind}")`
  if (!read.includes(version as ConfigVersion)) {
    const old = CONFIG_VERSIONS.indexOf(version as ConfigVersion)
    if (old >= 0 && old < CONFIG_VERSIONS.indexOf(read[0] as ConfigVersion))
      throw new KubeadmError(
        `your configuration file uses an old API spec: ${spec}. Please use kubeadm v1.${version === 'v1beta2' ? 22 : 31} instead and run 'kubeadm config migrate --old-config old-config-file --new-config new-config-file', which will write the new, similar spec using a newer API version.`,
      )
    throw new KubeadmError(
      `no kind "${kind}" is registered for version "${KUBEADM_GROUP}/${version}" in scheme "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/scheme/scheme.go:33"`,
    )
  }
  if (deprecated.includes(version as ConfigVersion))
    reading.warnings.push({
      place: 'common.go:101',
      text: `your configuration file uses a deprecated API spec: ${spec}. Please use 'kubeadm config migrate --old-config old-config-file --new-config new-config-file', which will write the new, similar spec using a newer API version.`,
    })
}

/** Without unknown fields and without apiVersion and kind. */
function known(document: Fields, shape: { [field: string]: unknown }): Fields {
  const kept = Object.entries(document).filter(
    ([key, value]) => Object.hasOwn(shape, key) && key !== 'apiVersion' && key !== 'kind' && value !== null,
  )
  return Object.fromEntries(kept)
}

/** Maps of arguments become lists, as v1beta4 has them. */
function converted(value: unknown, key = ''): unknown {
  if ((key === 'extraArgs' || key === 'kubeletExtraArgs') && isFields(value))
    return Object.entries(value).map(([name, text]): Arg => ({ name, value: String(text) }))
  if (Array.isArray(value)) return value.map((one) => converted(one))
  if (!isFields(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, converted(inner, name)]))
}

const PLACES: Record<string, keyof LoadedConfig> = {
  InitConfiguration: 'init',
  ClusterConfiguration: 'cluster',
  JoinConfiguration: 'join',
  ResetConfiguration: 'reset',
  UpgradeConfiguration: 'upgrade',
}

function place(config: LoadedConfig, kind: string, fields: unknown): void {
  const key = PLACES[kind] as keyof LoadedConfig
  ;(config as Record<string, unknown>)[key] = fields
}
