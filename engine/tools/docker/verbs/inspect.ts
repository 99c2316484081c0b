/**
 * docker inspect (cli/command/inspect): containers and images as the API shows them, or a template over them. Not
 * modelled: environment, mounts, resource limits and healthchecks of a container; networks and volumes; --size.
 */
import { valueOf } from '../../../host/programs/options.ts'
import type { Proc, Run } from '../../../host/process.ts'
import { TemplateError } from '../../kubectl/template/functions.ts'
import { fail } from '../command.ts'
import type { Asked, Verb } from '../command.ts'
import { familiarName, findContainer, findImage } from '../daemon.ts'
import type { Daemon, DockerContainer, DockerImage } from '../daemon.ts'
import { indented, stamp, templateOf } from '../formatting.ts'

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

const stateOf = (one: DockerContainer): Json => ({
  Status: one.state,
  Running: one.state === 'running',
  Paused: false,
  Restarting: false,
  OOMKilled: one.oomKilled,
  Dead: false,
  Pid: one.state === 'running' ? one.pid : 0,
  ExitCode: one.exitCode,
  Error: '',
  StartedAt: stamp(one.startedMs),
  FinishedAt: stamp(one.finishedMs),
})

const networkOf = ({ sandboxId, ip }: DockerContainer): string =>
  sandboxId === undefined ? (ip === '' ? 'host' : 'none') : `container:${sandboxId}`

const hostConfigOf = (one: DockerContainer): Json => ({
  Binds: null,
  ContainerIDFile: '',
  LogConfig: { Type: 'json-file', Config: { 'max-size': '100m' } },
  NetworkMode: networkOf(one),
  PortBindings: null,
  RestartPolicy: { Name: '', MaximumRetryCount: 0 },
  AutoRemove: false,
  VolumeDriver: '',
  VolumesFrom: null,
  IpcMode: one.sandboxId === undefined ? 'shareable' : networkOf(one),
  PidMode: '',
  Privileged: false,
  ReadonlyRootfs: false,
  CgroupParent: `kubepods-besteffort-pod${(one.labels['io.kubernetes.pod.uid'] ?? '').replaceAll('-', '_')}.slice`,
  Runtime: 'runc',
})

function inspected(one: DockerContainer, { images }: Daemon): { [key: string]: Json } {
  const [path = '', ...args] = one.argv
  const folder = `/var/lib/docker/containers/${one.sandboxId ?? one.id}`
  const tag = images.find(({ id }) => id === one.imageId)?.tags[0] ?? one.image
  return {
    Id: one.id,
    Created: stamp(one.createdMs),
    Path: path,
    Args: args,
    State: stateOf(one),
    Image: one.imageId,
    ResolvConfPath: `${folder}/resolv.conf`,
    HostnamePath: `${folder}/hostname`,
    HostsPath: `/var/lib/kubelet/pods/${one.labels['io.kubernetes.pod.uid'] ?? ''}/etc-hosts`,
    LogPath: `/var/lib/docker/containers/${one.id}/${one.id}-json.log`,
    Name: `/${one.name}`,
    RestartCount: 0,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: 'docker-default',
    ExecIDs: null,
    HostConfig: hostConfigOf(one),
    GraphDriver: { Data: null, Name: 'overlay2' },
    Mounts: [],
    Config: {
      Hostname: one.labels['io.kubernetes.pod.name'] ?? '',
      Domainname: '',
      User: '',
      Tty: false,
      Cmd: one.argv,
      Image: one.sandboxId === undefined ? familiarName(tag) : one.imageId,
      Volumes: null,
      WorkingDir: '',
      Entrypoint: null,
      OnBuild: null,
      Labels: one.labels,
    },
    NetworkSettings: {
      Bridge: '',
      SandboxID: '',
      Ports: {},
      Gateway: '',
      IPAddress: '',
      MacAddress: '',
      Networks: networkOf(one) === 'none' ? { none: { IPAddress: '', NetworkID: '', Gateway: '' } } : {},
    },
  }
}

const inspectedImage = (one: DockerImage, now: number): { [key: string]: Json } => ({
  Id: one.id,
  RepoTags: one.tags,
  RepoDigests: one.digests,
  Parent: '',
  Comment: '',
  Created: stamp(now + one.createdMs),
  DockerVersion: '',
  Author: '',
  Architecture: 'amd64',
  Os: 'linux',
  Size: one.sizeBytes,
  VirtualSize: one.sizeBytes,
  GraphDriver: { Data: null, Name: 'overlay2' },
  RootFS: { Type: 'layers', Layers: [one.id] },
  Metadata: { LastTagTime: '0001-01-01T00:00:00Z' },
})

type Found = { [key: string]: Json } | undefined

/** What is found is printed first, then what is not. */
function* printed(p: Proc, { options, args }: Asked, find: (name: string) => Found, kind: string): Run<number> {
  const format = valueOf(options, 'format')
  const template = format === undefined ? undefined : templateOf(format)
  if (typeof template === 'string') return yield* fail(p, `Template parsing error: ${template}`, 64)
  const found = args.flatMap((name) => find(name) ?? [])
  const lost = args.filter((name) => find(name) === undefined)
  if (template === undefined) yield* p.out(indented(found))
  else
    try {
      yield* p.out(found.map((one) => `${template(one)}\n`).join('') || (lost.length > 0 ? '\n' : ''))
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      return yield* fail(p, `Template parsing error: template: :1:2: executing "" at ${error.message}`, 64)
    }
  return lost.length === 0 ? 0 : yield* fail(p, lost.map((name) => `Error: No such ${kind}: ${name}`).join('\n'))
}

const container =
  (asked: Asked) =>
  (name: string): Found => {
    const one = findContainer(asked.daemon, name)
    return one === undefined ? undefined : inspected(one, asked.daemon)
  }

const image =
  (asked: Asked) =>
  (name: string): Found => {
    const one = findImage(asked.daemon, name)
    return one === undefined ? undefined : inspectedImage(one, asked.now)
  }

export const inspectContainer: Verb = (p, asked) => printed(p, asked, container(asked), 'container')
export const inspectImage: Verb = (p, asked) => printed(p, asked, image(asked), 'image')

export const inspect: Verb = (p, asked) => {
  const type = valueOf(asked.options, 'type')
  if (type === 'container') return inspectContainer(p, asked)
  if (type === 'image') return inspectImage(p, asked)
  const any = (name: string): Found => container(asked)(name) ?? image(asked)(name)
  return printed(p, asked, any, 'object')
}
