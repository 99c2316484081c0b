/**
 * The log files of containers on their node: /var/log/pods, and the links to them in /var/log/containers.
 * Models pkg/kubelet/kuberuntime (helpers.go, legacy.go) (O1). Not modelled: rotation.
 */
import type { HostFilesPort } from './runtime.ts'
import type { ContainerInstance, PodRecord } from './state.ts'

type Named = Pick<PodRecord, 'namespace' | 'name' | 'uid'>

const directoryOf = ({ namespace, name, uid }: Named): string => `/var/log/pods/${namespace}_${name}_${uid}`

const fileOf = (record: Named, { name, attempt }: ContainerInstance): string =>
  `${directoryOf(record)}/${name}/${attempt}.log`

const linkOf = ({ namespace, name }: Named, { name: container, id }: ContainerInstance): string =>
  `/var/log/containers/${name}_${namespace}_${container}-${id}.log`

/** A container was created: its file shows what it prints from now on. */
export function showLog(files: HostFilesPort | undefined, record: PodRecord, instance: ContainerInstance): void {
  if (files?.view === undefined) return
  files.view(fileOf(record, instance), `container:${instance.id}`)
  files.link?.(fileOf(record, instance), linkOf(record, instance))
}

/** The container is forgotten. */
export function dropLog(files: HostFilesPort | undefined, record: PodRecord, instance: ContainerInstance): void {
  files?.remove?.(fileOf(record, instance))
  files?.remove?.(linkOf(record, instance))
}

/** The pod is forgotten. */
export function dropLogs(files: HostFilesPort | undefined, record: PodRecord): void {
  if (files?.remove === undefined) return
  for (const instance of [...Object.values(record.previous), ...Object.values(record.containers)])
    files.remove(linkOf(record, instance))
  files.remove(directoryOf(record))
}
