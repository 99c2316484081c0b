/** docker version, info, system df, network ls and volume ls: what the daemon says of itself. */
import type { Proc, Run } from '../../../host/process.ts'
import type { HostFactsAnswer } from '../../../host/syscalls/host.ts'
import { has, valueOf } from '../../../host/programs/options.ts'
import { numberFrom } from '../../../pki/index.ts'
import { NO_DAEMON } from '../../../versions/index.ts'
import type { DockerRelease } from '../../../versions/index.ts'
import { fail } from '../command.ts'
import type { Asked, Verb } from '../command.ts'
import type { Daemon } from '../daemon.ts'
import { show, table, templateOf } from '../formatting.ts'
import { TemplateError } from '../../kubectl/template/functions.ts'
import { sizeOf, unused } from './images.ts'
import { binarySize } from './usage.ts'

const isOld = ({ version }: DockerRelease): boolean => version.startsWith('18.06')

/** Rows of names and values, the values in one column. */
const aligned = (rows: readonly (readonly [string, string])[], indent: string): string => {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return rows.map(([name, value]) => `${indent}${`${name}:`.padEnd(width)} ${value}\n`).join('')
}

function clientText(release: DockerRelease): string {
  const title = isOld(release) ? 'Client:' : `Client: Docker Engine - Community`
  const isNew = release.version.startsWith('20.')
  const rows: [string, string][] = [
    ['Version', release.version],
    ['API version', release.apiVersion],
    ['Go version', release.goVersion],
    ['Git commit', release.commit],
    ['Built', release.built[0]],
    ['OS/Arch', 'linux/amd64'],
    ...(isNew ? ([['Context', 'default']] as [string, string][]) : []),
    ['Experimental', isNew ? 'true' : 'false'],
  ]
  return `${title}\n${aligned(rows, ' ')}`
}

function serverText(release: DockerRelease): string {
  const part = (name: string, rows: [string, string][]): string => ` ${name}:\n${aligned(rows, '  ')}`
  const engine = part('Engine', [
    ['Version', release.version],
    ['API version', `${release.apiVersion} (minimum version ${release.minApiVersion})`],
    ['Go version', release.goVersion],
    ['Git commit', release.commit],
    ['Built', release.built[1]],
    ['OS/Arch', 'linux/amd64'],
    ['Experimental', 'false'],
  ])
  if (release.version.startsWith('18.'))
    return `\nServer:${isOld(release) ? '' : ' Docker Engine - Community'}\n${engine}`
  const width = 'GitCommit'
  const parts = [
    part('containerd', [['Version', release.containerd ?? ''], [width, release.containerdCommit ?? '']]), // prettier-ignore
    part('runc', [['Version', release.runc], [width, release.runcCommit]]), // prettier-ignore
    part('docker-init', [['Version', release.init[0]], [width, release.init[1]]]), // prettier-ignore
  ]
  return `\nServer: Docker Engine - Community\n${engine}${parts.join('')}`
}

/** By a template over what is known; undefined: none was asked for. */
function* formatted(p: Proc, { options }: Asked, data: unknown): Run<number | undefined> {
  const format = valueOf(options, 'format')
  if (format === undefined) return undefined
  const template = templateOf(format)
  if (typeof template === 'string') return yield* fail(p, `Template parsing error: ${template}`, 64)
  try {
    yield* p.out(`${template(data)}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    return yield* fail(p, `template: :1:2: executing "" at ${error.message}`)
  }
}

/** The client tells its own part, whatever becomes of the daemon's. */
export const version: Verb = function* (p, asked) {
  const { release } = asked
  const side = (built: string) => ({ Version: release.version, APIVersion: release.apiVersion, ApiVersion: release.apiVersion, GitCommit: release.commit, GoVersion: release.goVersion, Os: 'linux', Arch: 'amd64', BuildTime: built }) // prettier-ignore
  const done = yield* formatted(p, asked, { Client: side(release.built[0]), Server: side(release.built[1]) })
  if (done !== undefined) return done
  yield* p.out(clientText(release) + serverText(release))
  return 0
}

export function* versionWithoutDaemon(p: Proc, release: DockerRelease, why: string): Run<number> {
  yield* p.out(clientText(release))
  return yield* fail(p, why)
}

export function* infoWithoutDaemon(p: Proc, release: DockerRelease, why: string = NO_DAEMON): Run<number> {
  if (release.version.startsWith('18.')) return yield* fail(p, why)
  yield* p.out(`${clientInfo(release)}\nServer:\n`)
  yield* p.err(`ERROR: ${why}\nerrors pretty printing info\n`)
  return 1
}

const clientInfo = (release: DockerRelease): string =>
  `Client:\n${release.version.startsWith('20.') ? ' Context:    default\n' : ''} Debug Mode: false\n`

function* infoFacts(p: Proc, { daemon, release }: Asked): Run<Record<string, string | number>> {
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  const config = yield* p.readFile('/etc/docker/daemon.json')
  const driver = /native\.cgroupdriver=(\w+)/.exec('text' in config ? config.text : '')?.[1] ?? 'cgroupfs'
  const count = (state: string): number => daemon.containers.filter((one) => one.state === state).length
  return {
    Containers: daemon.containers.length,
    ContainersRunning: count('running'),
    ContainersPaused: 0,
    ContainersStopped: count('exited') + count('created'),
    Images: daemon.images.length,
    ServerVersion: release.version,
    Driver: 'overlay2',
    LoggingDriver: 'json-file',
    CgroupDriver: driver,
    KernelVersion: facts.kernelVersion,
    OperatingSystem: 'Ubuntu 24.04.1 LTS',
    OSType: 'linux',
    Architecture: 'x86_64',
    NCPU: facts.capacity.cpus,
    MemTotal: facts.capacity.memoryBytes,
    Name: facts.name,
    ID: identity(facts.machineId),
    DockerRootDir: '/var/lib/docker',
  }
}

/** `ABCD:EFGH:…`, twelve groups. */
const identity = (machineId: string): string =>
  (numberFrom(32, machineId).toString(32).toUpperCase().padStart(48, 'A').slice(0, 48).match(/.{4}/g) ?? []).join(':')

export const info: Verb = function* (p, asked) {
  const facts = yield* infoFacts(p, asked)
  const done = yield* formatted(p, asked, facts)
  if (done !== undefined) return done
  const { release } = asked
  yield* p.out(
    `${release.version.startsWith('18.') ? '' : `${clientInfo(release)}\nServer:\n`}${infoText(facts, release)}`,
  )
  return 0
}

function infoText(facts: Record<string, string | number>, release: DockerRelease): string {
  const at = release.version.startsWith('18.') ? '' : ' '
  const say = (name: string, value: string | number | undefined): string => `${name}: ${value ?? ''}`
  return [
    say('Containers', facts['Containers']),
    say(' Running', facts['ContainersRunning']),
    say(' Paused', 0),
    say(' Stopped', facts['ContainersStopped']),
    say('Images', facts['Images']),
    say('Server Version', release.version),
    'Storage Driver: overlay2',
    ' Backing Filesystem: extfs',
    ' Supports d_type: true',
    ' Native Overlay Diff: true',
    'Logging Driver: json-file',
    say('Cgroup Driver', facts['CgroupDriver']),
    ...(release.version.startsWith('20.') ? ['Cgroup Version: 1'] : []),
    'Plugins:',
    ' Volume: local',
    ' Network: bridge host ipvlan macvlan null overlay',
    ' Log: awslogs fluentd gcplogs gelf journald json-file local logentries splunk syslog',
    'Swarm: inactive',
    'Runtimes: runc',
    'Default Runtime: runc',
    'Init Binary: docker-init',
    ...(release.containerdCommit === undefined ? [] : [say('containerd version', release.containerdCommit)]),
    say('runc version', release.runcCommit),
    say('init version', release.init[1]),
    'Security Options:',
    ' apparmor',
    ' seccomp',
    '  Profile: default',
    say('Kernel Version', facts['KernelVersion']),
    say('Operating System', facts['OperatingSystem']),
    'OSType: linux',
    'Architecture: x86_64',
    say('CPUs', facts['NCPU']),
    say('Total Memory', binarySize(Number(facts['MemTotal']))),
    say('Name', facts['Name']),
    say('ID', facts['ID']),
    'Docker Root Dir: /var/lib/docker',
    'Debug Mode: false',
    'Registry: https://index.docker.io/v1/',
    'Labels:',
    'Experimental: false',
    'Insecure Registries:',
    ' 127.0.0.0/8',
    'Live Restore Enabled: false',
    '',
  ]
    .map((line, i, all) => (i === all.length - 1 ? '\n' : `${at}${line}\n`))
    .join('')
}

/** TYPE, TOTAL, ACTIVE, SIZE, RECLAIMABLE. */
export const systemDf: Verb = function* (p, { options, daemon, release }) {
  if (has(options, 'verbose')) return yield* fail(p, 'not simulated: docker system df --verbose')
  yield* p.out(table([['TYPE', 'TOTAL', 'ACTIVE', 'SIZE', 'RECLAIMABLE'], ...dfRows(daemon)], release))
  return 0
}

function dfRows(daemon: Daemon): string[][] {
  const sum = (list: Daemon['images']): number => list.reduce((all, { sizeBytes }) => all + sizeBytes, 0)
  const [all, free] = [sum(daemon.images), sum(unused(daemon))]
  const share = (part: number, whole: number): string =>
    `${sizeOf(part)}${whole > 0 ? ` (${Math.floor((part * 100) / whole)}%)` : ''}`
  const running = daemon.containers.filter(({ state }) => state === 'running').length
  return [
    ['Images', String(daemon.images.length), String(daemon.images.length - unused(daemon).length), sizeOf(all), share(free, all)], // prettier-ignore
    ['Containers', String(daemon.containers.length), String(running), '0B', '0B'],
    ['Local Volumes', '0', '0', '0B', '0B'],
    ['Build Cache', '0', '0', '0B', '0B'],
  ]
}

const NETWORKS = [['bridge', 'bridge'], ['host', 'host'], ['none', 'null']] as const // prettier-ignore

export const networks: Verb = function* (p, { options, release }) {
  const { machineId } = (yield* p.ask('host.facts')) as HostFactsAnswer
  const idOf = (name: string): string => numberFrom(32, machineId, name).toString(16).padStart(64, '0')
  const fields = ([name, driver]: readonly [string, string]): Record<string, string> => ({
    ID: has(options, 'no-trunc') ? idOf(name) : idOf(name).slice(0, 12),
    Name: name,
    Driver: driver,
    Scope: 'local',
  })
  const columns = [['ID', 'NETWORK ID'], ['Name', 'NAME'], ['Driver', 'DRIVER'], ['Scope', 'SCOPE']] as const // prettier-ignore
  const how = { format: valueOf(options, 'format'), isQuiet: has(options, 'quiet'), release }
  return yield* show(p, { rows: NETWORKS, fields, columns, quiet: 'ID' }, how)
}

/** The kubelet makes none. */
export const volumes: Verb = function* (p, { options, release }) {
  const columns = [['Driver', 'DRIVER'], ['Name', 'VOLUME NAME']] as const // prettier-ignore
  const how = { format: valueOf(options, 'format'), isQuiet: has(options, 'quiet'), release }
  return yield* show(p, { rows: [], fields: () => ({}), columns, quiet: 'Name' }, how)
}
