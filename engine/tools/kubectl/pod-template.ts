/** Where objects keep the spec of their pods. Models kubectl/pkg/polymorphichelpers/updatepodspec.go. */
import type { ApiObject } from './client.ts'
import { CommandError } from './errors.ts'

export interface Container {
  name: string
  image?: string
  env?: EnvVar[]
  resources?: { limits?: Record<string, string>; requests?: Record<string, string> }
  [field: string]: unknown
}

export interface EnvVar {
  name: string
  value?: string
  valueFrom?: {
    configMapKeyRef?: KeyRef
    secretKeyRef?: KeyRef
    fieldRef?: { fieldPath: string }
    resourceFieldRef?: { resource: string }
  }
}

interface KeyRef {
  name?: string
  key: string
}

export interface PodSpec {
  containers?: Container[]
  initContainers?: Container[]
  [field: string]: unknown
}

const PATHS: Record<string, string[]> = {
  Pod: ['spec'],
  ReplicationController: ['spec', 'template', 'spec'],
  Deployment: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
}

export const hasPodSpec = (kind: string): boolean => Object.hasOwn(PATHS, kind)

type Fields = Record<string, unknown>

function changeAt(value: Fields, path: string[], change: (spec: PodSpec) => PodSpec): Fields {
  const [head, ...rest] = path
  if (head === undefined) return change(value as PodSpec) as Fields
  return { ...value, [head]: changeAt((value[head] ?? {}) as Fields, rest, change) }
}

function pathOfSpec(object: ApiObject): string[] {
  const path = PATHS[object.kind ?? '']
  if (!path)
    throw new CommandError(
      `the object is not a pod or does not have a pod template: *${(object.apiVersion ?? '').split('/').at(-1)}.${object.kind}`,
    )
  return path
}

/** The object with its pods' spec changed. */
export const changePodSpec = (object: ApiObject, change: (spec: PodSpec) => PodSpec): ApiObject =>
  changeAt(object, pathOfSpec(object), change) as ApiObject

export const podSpecOf = (object: ApiObject): PodSpec =>
  pathOfSpec(object).reduce<unknown>((value, key) => (value as Fields | undefined)?.[key], object) as PodSpec

/** `*` and `?` in a container's name. */
export const nameMatches = (pattern: string, name: string): boolean =>
  pattern === '*' ||
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(name)
