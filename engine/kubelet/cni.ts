/**
 * Whether the network plugin of a node is initialized. Models containerd/go-cni's loading of /etc/cni/net.d.
 * Not modelled: the plugins' binaries; what the configuration says beyond being one.
 */
import type { HostFilesPort } from './runtime.ts'

export const CNI_DIRECTORY = '/etc/cni/net.d'

/** The first configuration by name counts; one that cannot be read spoils all. */
export function cniReady(files: HostFilesPort): boolean {
  const names = (files.list(CNI_DIRECTORY) ?? []).filter((name) => /\.(conf|conflist|json)$/.test(name)).sort()
  const first = names[0]
  return first !== undefined && isConfiguration(first, files.read(`${CNI_DIRECTORY}/${first}`) ?? '')
}

/** The last that was looked at: the kubelet looks again and again. */
let looked = { name: '', text: '', isGood: false }

function isConfiguration(name: string, text: string): boolean {
  if (looked.name !== name || looked.text !== text) looked = { name, text, isGood: isConfigurationText(name, text) }
  return looked.isGood
}

function isConfigurationText(name: string, text: string): boolean {
  try {
    const read = JSON.parse(text) as { name?: unknown; type?: unknown; plugins?: { type?: unknown }[] } | null
    if (read === null || typeof read !== 'object') return false
    if (!name.endsWith('.conflist')) return typeof read.type === 'string' && read.type !== ''
    const plugins = Array.isArray(read.plugins) ? read.plugins : []
    return typeof read.name === 'string' && plugins.length > 0 && plugins.every(({ type }) => typeof type === 'string')
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}
