/** A manifest's text as the kubelet reads it. Models pkg/kubelet/config/common.go tryDecodeSinglePod (O5). Not modelled: validation beyond the image. */
import { YamlError, parseYaml } from '../objects/yaml.ts'

export type Manifest = { object: unknown } | { error: string }

const SCHEME = 'pkg/api/legacyscheme/scheme.go:30'

export function readManifest(text: string, path: string): Manifest {
  const read = parsed(text)
  const trouble = 'error' in read ? read.error : troubleOf(read.object)
  if (trouble !== undefined) return { error: `${path}: couldn't parse as pod(${trouble}), please check config file` }
  const { spec } = (read as { object: StaticPod }).object
  const bare = (spec?.containers ?? []).findIndex(({ image }) => image === undefined || image === '')
  return bare < 0 ? read : { error: `invalid pod: [spec.containers[${bare}].image: Required value]` }
}

interface StaticPod {
  apiVersion?: string
  kind?: string
  spec?: { containers?: { image?: string }[] }
}

function parsed(text: string): Manifest {
  try {
    return { object: parseYaml(text) }
  } catch (error) {
    if (error instanceof YamlError) return { error: error.message.replace(/^error converting YAML to JSON: /, '') }
    throw error
  }
}

function troubleOf(object: unknown): string | undefined {
  const { apiVersion, kind } = (typeof object === 'object' && object !== null ? object : {}) as StaticPod
  if (kind === undefined) return `Object 'Kind' is missing in '${JSON.stringify(object ?? null)}'`
  if (apiVersion === undefined) return `Object 'apiVersion' is missing in '${JSON.stringify(object)}'`
  if (kind === 'Pod' && apiVersion === 'v1') return undefined
  return `no kind "${kind}" is registered for version "${apiVersion}" in scheme "${SCHEME}"`
}
