/** Where objects lie in etcd. Models pkg/kubeapiserver/default_storage_factory_builder.go and apiserver registry keys. */
import type { KubeObject } from '../client.ts'

/** Resources whose directory is not their own name. */
const DIRECTORIES: Record<string, string> = {
  services: 'services/specs',
  endpoints: 'services/endpoints',
  nodes: 'minions',
  replicationcontrollers: 'controllers',
  'ingresses.networking.k8s.io': 'ingress',
  'ingresses.extensions': 'ingress',
  'customresourcedefinitions.apiextensions.k8s.io': 'apiextensions.k8s.io/customresourcedefinitions',
  'apiservices.apiregistration.k8s.io': 'apiregistration.k8s.io/apiservices',
  'events.events.k8s.io': 'events',
}

const known = new Map<string, string>()

function isBuiltIn(group: string): boolean {
  return !group.includes('.') || group.endsWith('.k8s.io')
}

/** `/registry/pods/`, `/registry/example.com/widgets/`: the directory of a resource. */
export function directoryOf(group: string, resource: string): string {
  const name = group === '' ? resource : `${resource}.${group}`
  let directory = known.get(name)
  if (directory === undefined) {
    const special = DIRECTORIES[name]
    const own = isBuiltIn(group) ? resource : `${group}/${resource}`
    directory = `/registry/${special ?? own}/`
    known.set(name, directory)
  }
  return directory
}

export function keyFor(directory: string, namespace: string, name: string): string {
  return namespace === '' ? directory + name : `${directory}${namespace}/${name}`
}

/** The directory part of a key: what `directoryOf` gave. */
export function directoryOfKey(key: string): string {
  const first = key.indexOf('/', 10)
  if (first < 0) return key
  const segment = key.slice(10, first)
  if (segment !== 'services' && !segment.includes('.')) return key.slice(0, first + 1)
  return key.slice(0, key.indexOf('/', first + 1) + 1)
}

/** The first key after all that start with a prefix. */
export function prefixEnd(prefix: string): string {
  const last = prefix.length - 1
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1)
}

/** Stored values by identity: one object with its resourceVersion serves all that read it. */
const decoded = new WeakMap<object, KubeObject>()

/** A stored value as clients see it: with the revision that it was written at. */
export function withRevision(value: KubeObject, revision: number): KubeObject {
  const resourceVersion = String(revision)
  const known = decoded.get(value)
  if (known !== undefined && known.metadata.resourceVersion === resourceVersion) return known
  const object = { ...value, metadata: { ...value.metadata, resourceVersion } }
  decoded.set(value, object)
  return object
}

/** An object without its resourceVersion, as it is stored. */
export function forStorage(object: KubeObject): KubeObject {
  if (object.metadata.resourceVersion === undefined) return object
  const { resourceVersion: _, ...metadata } = object.metadata
  return { ...object, metadata: metadata as KubeObject['metadata'] }
}

/** The revision of an object, as a number; 0 when it has none. */
export const revisionOf = (object: KubeObject): number => Number(object.metadata.resourceVersion ?? 0)
