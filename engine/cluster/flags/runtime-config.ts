/**
 * --runtime-config: which API groups and versions are served. Models apiserver server/resourceconfig and
 * server/options/api_enablement.go.
 */
import { runtimeKey, servedBy } from '../../api/runtime-config.ts'
import type { RuntimeConfig } from '../../api/runtime-config.ts'
import { KindRegistry } from '../../objects/kinds.ts'
import { parseBool, ValueError } from './values.ts'

const WORDS = ['api/all', 'api/ga', 'api/beta', 'api/alpha', 'api/legacy']
/** Groups of the servers that kube-apiserver carries along, and those whose kinds are not simulated. */
const ALSO = [
  'apiregistration.k8s.io',
  'apiextensions.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'internal.apiserver.k8s.io',
  'resource.k8s.io',
  'storagemigration.k8s.io',
  'node.k8s.io',
  'certificates.k8s.io',
  'flowcontrol.apiserver.k8s.io',
]

/** Groups that nobody knows. */
export function groupProblems(config: RuntimeConfig, minor: number): string[] {
  if (Object.keys(config).length === 0) return []
  if (config['api/all'] === 'false' && Object.keys(config).length === 1) return ['invalid key with only api/all=false']
  const known = new Set([...new KindRegistry(`1.${minor}`).all().map(({ group }) => group), ...ALSO])
  const keys = Object.keys(config)
    .map(runtimeKey)
    .filter((key) => !WORDS.includes(key) && !key.startsWith('/v1'))
  const odd = keys.find((key) => ![2, 3].includes(key.split('/').length))
  if (odd !== undefined) return [`runtime-config invalid key ${odd}`]
  const unknown = [...new Set(keys.map((key) => key.split('/')[0] as string))].filter((group) => !known.has(group))
  return unknown.length === 0 ? [] : [`unknown api groups ${unknown.join(',')}`]
}

/** A value that is neither true nor false. */
export function runtimeProblem(config: RuntimeConfig, _minor: number): string | undefined {
  for (const [key, value] of Object.entries(config)) {
    if (value === '') continue
    try {
      parseBool(value)
    } catch (error) {
      if (error instanceof ValueError) return `invalid value of ${key}: ${value}, err: ${error.message}`
      throw error
    }
  }
  return undefined
}

/** Keys that ask for what a release of the simulation does not serve: they turn nothing on. */
export function unservedKeys(config: RuntimeConfig, minor: number): string[] {
  if (Object.keys(config).length === 0) return []
  const entries = new KindRegistry(`1.${minor}`).all()
  return Object.entries(config)
    .filter(([key, value]) => servedBy({ [key]: value }, versionOf(key)) === true && key !== 'api/ga')
    .map(([key]) => key)
    .filter((key) => {
      const { group, version } = versionOf(key)
      return !entries.some((entry) => entry.group === group && entry.version === version)
    })
}

/** What a key speaks of; a word such as `api/beta` of a version of that stability that nobody has. */
function versionOf(key: string): { group: string; version: string; resource?: string } {
  const [group = '', version = '', resource] = runtimeKey(key).split('/')
  if (group === 'api')
    return { group: '-', version: version === 'alpha' ? 'v1alpha1' : version === 'beta' ? 'v1beta1' : 'v1' }
  return { group, version, ...(resource !== undefined && { resource }) }
}
