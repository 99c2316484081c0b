/**
 * Containers: what the names in `container.machine.ts` mean, and how one starts. The usual container is a
 * plan, plain data; a process is made only where the catalogue cannot tell its future.
 * Models pkg/kubelet/kuberuntime/kuberuntime_container.go (startContainer, killContainer).
 */
import type { MachineMeaning } from '../kernel/machine.ts'
import type { Container } from '../objects/types.gen.ts'
import type { ContainerKeeper, Core } from './core.ts'
import { containerOf } from './core.ts'
import { expand, makeEnv } from './env.ts'
import { imageEntry } from './images/catalogue.ts'
import { hookFailure, runHook } from './hooks.ts'
import type { ExecResult } from './exec.ts'
import type { ImageEntry, LaunchFacts } from './images/image.ts'
import { hasBaseProgram } from './images/programs.ts'
import type { Plan } from './images/plan.ts'
import { makeImageReference, parseImageReference } from './images/reference.ts'
import type { ImageReference } from './images/reference.ts'
import { planCommand } from './images/shell.ts'
import { bytesOf } from './pod.actions.ts'
import type { ContainerSpec, RuntimeExit } from './runtime.ts'
import { familiarName, pullable, startError } from './dockershim.ts'
import { dropLog, showLog } from './logFiles.ts'
import { containerKey, hexOf, madeAnew } from './state.ts'
import type { ContainerInstance, ContainerKind, PodRecord } from './state.ts'
import { isSidecar } from './status.ts'
import { MEMORY_TAKEN, MUCH_BYTES, TAKEN_MS } from './systemOom.ts'
import { WAITING } from './texts.ts'
import { covered, mountedText, mountsOf } from './volumes.ts'

/** What a hollow node runs. */
const HOLLOW: Plan = { behaviour: 'hollow', logs: [], listens: [], term: { code: 0, afterMs: 10 } }
export const CONTAINER_EXIT = 'container.exit'
const START_ERROR =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: '

type Launch = { plan: Plan } | { component: string; plan: Plan } | { process: true } | { failure: string }

export class Containers implements ContainerKeeper {
  constructor(private readonly core: Core) {}

  meaning(): MachineMeaning {
    return {
      guards: { hasPreStop: (id) => this.preStopOf(id) !== undefined && this.graceLeft(id) > 0 },
      actions: {
        recordExit: (id, event) => this.recordExit(id, event as unknown as RuntimeExit),
        runPreStop: (id) => this.runPreStop(id),
        preStopOverran: () => undefined,
        sendStopSignal: (id) => this.sendStopSignal(id),
        sendKill: (id) => this.sendKill(id),
      },
      delays: {
        grace: (id) => this.graceLeft(id),
        remainingGrace: (id) =>
          Math.max(this.graceLeft(id), this.preStopOf(id) === undefined ? 0 : this.core.flags.minimumGraceMs),
      },
    }
  }

  start(record: PodRecord, container: Container): boolean {
    const instance = this.create(record, container)
    const before = record.containers[container.name]
    const gone = before && record.previous[container.name]
    if (gone !== undefined) dropLog(this.core.ports.files, record, gone)
    if (before !== undefined) record.previous[container.name] = before
    record.containers[container.name] = instance
    if (record.lost !== undefined) delete record.lost[container.name]
    showLog(this.core.ports.files, record, instance)
    this.core.event(record, 'Normal', 'Created', this.core.texts.created(container.name), container)
    const launch = this.launch(record, container, instance)
    if ('failure' in launch) return this.failStart(record, container, instance, launch.failure)
    delete record.reasons[container.name]
    this.run(record, container, instance, launch)
    return true
  }

  stop(record: PodRecord, name: string, graceMs: number, message: string): void {
    const instance = record.containers[name]
    if (instance === undefined || instance.finishedMs !== undefined || instance.stopBy !== undefined) return
    instance.stopBy = this.core.kernel.now + graceMs
    this.core.event(record, 'Normal', 'Killing', message, containerOf(record, name))
    this.core.containerRows.send(containerKey(record.uid, name), { type: 'STOP' })
  }

  /** The main process of a container ended, as a plan or a runtime says. */
  exited(exit: RuntimeExit): void {
    const found = this.find(exit.id)
    if (found === undefined || found.instance.finishedMs !== undefined) return
    this.core.containerRows.send(containerKey(found.record.uid, found.instance.name), { type: 'EXIT', ...exit })
  }

  /** The container with this id, if it still runs or was the last of its name. */
  find(id: string): { record: PodRecord; instance: ContainerInstance } | undefined {
    for (const record of this.core.records.values()) {
      for (const instance of Object.values(record.containers)) if (instance.id === id) return { record, instance }
    }
    return undefined
  }

  spec(record: PodRecord, instance: ContainerInstance): ContainerSpec {
    const container = containerOf(record, instance.name) as Container
    const entry = entryOf(container)
    const pod = record.pod
    const security = { ...pod.spec?.securityContext, ...container.securityContext }
    const hostNetwork = pod.spec?.hostNetwork === true
    const env = instance.env ?? this.envOf(record, container, entry)
    return {
      id: instance.id,
      pod: {
        uid: record.uid,
        namespace: record.namespace,
        name: record.name,
        ip: this.addressOf(record),
        hostNetwork,
        hostname: hostnameOf(record, this.core.nodeName),
      },
      name: instance.name,
      image: instance.image,
      base: entry?.base ?? 'scratch',
      files: {
        ...entry?.files,
        ...entry?.filesOf?.(parseImageReference(instance.image)?.tag ?? ''),
        ...this.ownFiles(record),
      },
      env,
      cwd: container.workingDir ?? entry?.config.workingDir ?? '/',
      user: String(security.runAsUser ?? (entry?.config.user === '' ? 'root' : (entry?.config.user ?? 'root'))),
      mounts: mountsOf(record, container, this.core.volumeFacts(record), env),
      ...this.dnsOf(record),
      readOnlyRootFilesystem: container.securityContext?.readOnlyRootFilesystem === true,
      ...(instance.memoryLimitBytes !== undefined && { memoryLimitBytes: instance.memoryLimitBytes }),
    }
  }

  readFile(record: PodRecord, instance: ContainerInstance, path: string): string | undefined {
    const container = containerOf(record, instance.name) as Container
    const mounts = mountsOf(record, container, this.core.volumeFacts(record), instance.env)
    const mounted = mountedText(mounts, path)
    if (mounted !== undefined) return mounted
    const live = this.core.ports.containers?.readFile(this.spec(record, instance), path)
    const own = live ?? this.ownFiles(record)[path]
    return own ?? (live === null || covered(mounts, path) ? undefined : entryOf(container)?.files[path])
  }

  /** Kills without a word: the machine went down. */
  crash(record: PodRecord, end: { code: number; reason: string } = { code: 255, reason: 'Unknown' }): void {
    for (const instance of Object.values(record.containers)) {
      if (instance.finishedMs !== undefined) continue
      this.core.containerRows.send(containerKey(record.uid, instance.name), {
        type: 'CRASH',
        id: instance.id,
        ...end,
      })
    }
  }

  /** Kills every process of a pod at once, as the runtime does that removes its sandbox. */
  killAll(record: PodRecord): void {
    for (const { id, component, finishedMs } of Object.values(record.containers))
      if (finishedMs === undefined && component !== undefined) this.core.ports.components?.signal(component, id, 'KILL')
    this.crash(record, { code: 137, reason: 'Error' })
  }

  private create(record: PodRecord, container: Container): ContainerInstance {
    const reference = parseImageReference(container.image ?? '') as ImageReference
    const before = record.containers[container.name]
    const attempt = before === undefined ? (record.lost?.[container.name]?.attempt ?? 0) : before.attempt + 1
    const image = this.core.images.get(makeImageReference(reference))
    const limit = bytesOf(container.resources?.limits?.memory)
    return {
      id: hexOf(`${record.uid}/${container.name}/${attempt}${madeAnew(record)}`, 64),
      name: container.name,
      kind: kindOf(record, container),
      attempt,
      ...this.namesOf(container, image?.reference ?? makeImageReference(reference), image?.imageID ?? ''),
      argv: [],
      createdMs: this.core.kernel.clockMs,
      logs: [],
      pid: 1000 + this.core.random.int(60_000),
      hash: hashOf(container),
      ...(limit !== undefined && { memoryLimitBytes: limit }),
    }
  }

  /** A fake runtime tells an image by the name that it was asked for. */
  private namesOf(
    { image = '' }: Container,
    reference: string,
    imageID: string,
  ): Pick<ContainerInstance, 'image' | 'imageID' | 'runtime'> {
    if (this.core.hollow !== undefined) return { image, imageID: image }
    if (!this.core.dockershim) return { image: reference, imageID }
    return { image: familiarName(reference), imageID: pullable(imageID), runtime: 'docker' }
  }

  private launch(record: PodRecord, container: Container, instance: ContainerInstance): Launch {
    const entry = entryOf(container)
    if (this.core.hollow !== undefined) return { plan: HOLLOW }
    if (entry === undefined) return { failure: `not simulated: image ${container.image ?? ''}` }
    instance.argv = this.argvOf(record, container, entry)
    instance.env = this.envOf(record, container, entry)
    const behaviour = entry.behaviours.find(
      (one) => one.match(instance.argv) && !(one.name === 'shell' && this.hasInput(container)),
    )
    if (behaviour === undefined) return this.launchCommand(container, instance, entry)
    const plan = behaviour.plan(this.facts(record, container, instance, entry))
    return behaviour.component === undefined ? { plan } : { component: behaviour.component, plan }
  }

  private launchCommand(container: Container, instance: ContainerInstance, entry: ImageEntry): Launch {
    const [program = ''] = instance.argv
    const missing = this.missingProgram(entry, container, program)
    if (missing !== undefined)
      return { failure: (this.core.dockershim ? startError(container.name) : START_ERROR) + missing }
    const plan = this.hasInput(container) ? undefined : planCommand(instance.argv)
    if (plan !== undefined) return { plan }
    return this.core.ports.containers === undefined
      ? { failure: `not simulated: ${instance.argv.join(' ')}` }
      : { process: true }
  }

  /** Somebody may type into it, so that nobody can tell what it will do. */
  private hasInput({ stdin, tty }: Container): boolean {
    return this.core.ports.containers !== undefined && (stdin === true || tty === true)
  }

  private missingProgram(entry: ImageEntry, container: Container, program: string): string | undefined {
    if (program === '') return 'exec: no command'
    const known =
      entry.programs.includes(program) ||
      hasBaseProgram(entry.base, program) ||
      this.core.ports.containers?.hasProgram(entry.base, program) === true
    if (known) return undefined
    const dir = (container.volumeMounts ?? []).some(({ mountPath }) => program.startsWith(mountPath))
    if (dir && this.core.ports.containers !== undefined) return undefined
    return program.includes('/')
      ? `exec: "${program}": stat ${program}: no such file or directory: unknown`
      : `exec: "${program}": executable file not found in $PATH: unknown`
  }

  private failStart(record: PodRecord, container: Container, instance: ContainerInstance, failure: string): false {
    const now = this.core.kernel.clockMs
    Object.assign(instance, { startedMs: 0, finishedMs: now, exitCode: 128, reason: 'StartError', message: failure })
    record.reasons[container.name] = { reason: WAITING.runError, message: failure }
    this.core.event(record, 'Warning', 'Failed', `Error: ${failure}`, container)
    this.core.kernel.record('kubelet.container.startError', {
      pod: `${record.namespace}/${record.name}`,
      container: container.name,
    })
    return false
  }

  private run(
    record: PodRecord,
    container: Container,
    instance: ContainerInstance,
    launch: Exclude<Launch, { failure: string }>,
  ): void {
    instance.startedMs = this.core.kernel.clockMs
    record.ready[container.name] = container.readinessProbe === undefined
    record.started[container.name] = container.startupProbe === undefined
    this.core.containerRows.remove(containerKey(record.uid, container.name))
    this.core.containerRows.start(containerKey(record.uid, container.name))
    this.core.event(record, 'Normal', 'Started', this.core.texts.started(container.name), container)
    this.core.kernel.record('kubelet.container.started', {
      pod: `${record.namespace}/${record.name}`,
      container: container.name,
      attempt: instance.attempt,
    })
    this.begin(record, instance, launch)
    this.runPostStart(record, container, instance)
  }

  private begin(record: PodRecord, instance: ContainerInstance, launch: Exclude<Launch, { failure: string }>): void {
    if ('process' in launch) {
      instance.runner = 'process'
      const container = containerOf(record, instance.name)
      this.core.ports.containers?.start(this.spec(record, instance), instance.argv, {
        tty: container?.tty === true,
        stdin: container?.stdin === true,
      })
      return
    }
    if (
      'component' in launch &&
      this.core.ports.components?.start(launch.component, this.spec(record, instance), instance.argv) === true
    ) {
      instance.runner = 'component'
      instance.component = launch.component
      return
    }
    instance.plan = launch.plan
    if ((launch.plan.memoryBytes ?? 0) > MUCH_BYTES) this.core.after(TAKEN_MS, MEMORY_TAKEN, null)
    if (launch.plan.exit !== undefined) this.planExit(instance, launch.plan.exit.atMs, launch.plan.exit)
  }

  private planExit(
    instance: ContainerInstance,
    delayMs: number,
    exit: { code: number; reason?: string; message?: string },
  ): void {
    const data: RuntimeExit = {
      id: instance.id,
      code: exit.code,
      ...(exit.reason !== undefined && { reason: exit.reason }),
      ...(exit.message !== undefined && { message: exit.message }),
    }
    this.core.after(delayMs, CONTAINER_EXIT, data)
  }

  /** The worker waits for the hook: what it started shows when that is done. */
  private runPostStart(record: PodRecord, container: Container, instance: ContainerInstance): void {
    const hook = container.lifecycle?.postStart
    if (hook === undefined || this.core.hollow !== undefined) return this.core.probes.start(record, container)
    instance.hooked = true
    const purpose = { kind: 'postStart' as const, uid: record.uid, name: container.name, id: instance.id }
    runHook(this.core, hook, { record, container, instance }, purpose)
  }

  /** A postStart hook ended (F6). */
  postStartDone(record: PodRecord, name: string, result: ExecResult): void {
    const container = containerOf(record, name)
    const instance = record.containers[name]
    if (container === undefined || instance?.hooked !== true || record.reasons[name] !== undefined) return
    const message = hookFailure(container.lifecycle?.postStart ?? {}, record, name, result)
    if (message !== undefined) return this.failPostStart(record, container, message)
    delete instance.hooked
    this.core.probes.start(record, container)
    this.core.pods.send(record.uid, { type: 'HOOKED' })
  }

  /** Kills it, and waits for its end. */
  private failPostStart(record: PodRecord, container: Container, message: string): void {
    record.reasons[container.name] = { reason: WAITING.postStart, message }
    record.failedSync = 'error'
    this.core.event(record, 'Warning', 'FailedPostStartHook', 'PostStartHook failed', container)
    this.stop(record, container.name, 30_000, 'FailedPostStartHook')
  }

  /** The main process is gone, with or without its hook. */
  private endHook(record: PodRecord, instance: ContainerInstance): void {
    if (instance.hooked !== true) return
    if (record.reasons[instance.name] === undefined && record.doom === undefined)
      this.postStartDone(record, instance.name, { code: 137, output: '' })
    delete instance.hooked
    this.core.pods.send(record.uid, { type: 'HOOKED' })
  }

  private runPreStop(id: string): void {
    const found = this.byKey(id)
    const hook = this.preStopOf(id)
    if (found === undefined || hook === undefined) return
    const purpose = {
      kind: 'preStop' as const,
      uid: found.record.uid,
      name: found.instance.name,
      id: found.instance.id,
    }
    const container = containerOf(found.record, found.instance.name)
    if (container !== undefined) runHook(this.core, hook, { ...found, container }, purpose)
  }

  private sendStopSignal(id: string): void {
    const found = this.byKey(id)
    if (found === undefined) return
    const { instance } = found
    if (instance.runner === 'process') return this.core.ports.containers?.signal(instance.id, 'TERM')
    if (instance.runner === 'component')
      return this.core.ports.components?.signal(instance.component ?? '', instance.id, 'TERM')
    const term = instance.plan?.term ?? 'ignore'
    const hollowMs = this.core.hollow?.delayMs(found.record.pod, 'stop') ?? 0
    if (term !== 'ignore') this.planExit(instance, term.afterMs + hollowMs, { code: term.code })
  }

  private sendKill(id: string): void {
    const found = this.byKey(id)
    if (found === undefined) return
    const { instance } = found
    if (instance.runner === 'process') this.core.ports.containers?.signal(instance.id, 'KILL')
    if (instance.runner === 'component')
      this.core.ports.components?.signal(instance.component ?? '', instance.id, 'KILL')
    this.planExit(instance, 5, { code: 137 })
  }

  private recordExit(id: string, exit: RuntimeExit): void {
    const found = this.byKey(id)
    if (found === undefined) return
    const { record, instance } = found
    instance.finishedMs = this.core.kernel.clockMs
    instance.exitCode = exit.code
    instance.reason = exit.reason ?? (exit.code === 0 ? 'Completed' : 'Error')
    const message = exit.message ?? this.terminationMessage(record, instance)
    if (message !== undefined) instance.message = message
    this.core.ports.containers?.remove(instance.id)
    record.ready[instance.name] = false
    record.started[instance.name] = false
    this.core.probes.stop(record.uid, instance.name)
    this.endHook(record, instance)
    this.core.kernel.record('kubelet.container.exited', {
      pod: `${record.namespace}/${record.name}`,
      container: instance.name,
      code: exit.code,
      reason: instance.reason,
    })
    if (instance.probeKilled === true && record.doom === undefined) this.core.workers.sync(record.uid)
    this.core.workers.stopped(record)
  }

  /** The tail of the log, for terminationMessagePolicy FallbackToLogsOnError. */
  private terminationMessage(record: PodRecord, instance: ContainerInstance): string | undefined {
    const container = containerOf(record, instance.name)
    const path = container?.terminationMessagePath ?? '/dev/termination-log'
    const written =
      instance.runner === 'process'
        ? this.core.ports.containers?.readFile(this.spec(record, instance), path)
        : undefined
    if (typeof written === 'string' && written !== '') return written.slice(-4096)
    if (container?.terminationMessagePolicy !== 'FallbackToLogsOnError' || instance.exitCode === 0) return undefined
    return linesOf(instance, this.core.kernel.clockMs)
      .slice(-80)
      .map(({ text }) => `${text}\n`)
      .join('')
      .slice(-2048)
  }

  private byKey(id: string): { record: PodRecord; instance: ContainerInstance } | undefined {
    const slash = id.indexOf('/')
    const record = this.core.records.get(id.slice(0, slash))
    const instance = record?.containers[id.slice(slash + 1)]
    return record === undefined || instance === undefined ? undefined : { record, instance }
  }

  private preStopOf(id: string): NonNullable<Container['lifecycle']>['preStop'] {
    const found = this.byKey(id)
    return found && containerOf(found.record, found.instance.name)?.lifecycle?.preStop
  }

  private graceLeft(id: string): number {
    return Math.max(0, (this.byKey(id)?.instance.stopBy ?? 0) - this.core.kernel.now)
  }

  private argvOf(record: PodRecord, container: Container, entry: ImageEntry): string[] {
    const command = container.command ?? entry.config.entrypoint
    const args = container.args ?? (container.command === undefined ? entry.config.cmd : [])
    const argv = [...command, ...args]
    if (!argv.some((word) => word.includes('$('))) return argv
    const env = this.envOf(record, container, entry)
    return argv.map((word) => expand(word, env))
  }

  private envOf(record: PodRecord, container: Container, entry: ImageEntry | undefined): Record<string, string> {
    const node = this.core.node()
    const made = makeEnv(record, container, {
      hostIP: this.core.nodeFacts().hostIP,
      services: this.core.services(),
      allocatable: node?.status?.allocatable ?? {},
      imageEnv: entry?.config.env ?? {},
      hostname: hostnameOf(record, this.core.nodeName),
    })
    return 'env' in made ? made.env : {}
  }

  private facts(record: PodRecord, container: Container, instance: ContainerInstance, entry: ImageEntry): LaunchFacts {
    const mounted = (path: string): boolean =>
      (container.volumeMounts ?? []).some(({ mountPath }) => path.startsWith(mountPath))
    return {
      argv: instance.argv,
      env:
        container.env === undefined && container.envFrom === undefined
          ? entry.config.env
          : this.envOf(record, container, entry),
      hostname: hostnameOf(record, this.core.nodeName),
      podIP: this.addressOf(record),
      nodeName: this.core.nodeName,
      tag: instance.image.slice(instance.image.lastIndexOf(':') + 1),
      clockMs: this.core.kernel.clockMs,
      ...(instance.memoryLimitBytes !== undefined && { memoryLimitBytes: instance.memoryLimitBytes }),
      readFile: (path) => (mounted(path) ? this.readFile(record, instance, path) : entry.files[path]),
    }
  }

  private addressOf(record: PodRecord): string {
    return record.pod.spec?.hostNetwork === true ? this.core.nodeFacts().hostIP : (record.ip ?? '')
  }

  private ownFiles(record: PodRecord): Record<string, string> {
    const hostname = hostnameOf(record, this.core.nodeName)
    const aliases = (record.pod.spec?.hostAliases ?? []).map(
      ({ ip, hostnames }) => `${ip}\t${(hostnames ?? []).join('\t')}`,
    )
    const lines = [
      '# Kubernetes-managed hosts file.',
      '127.0.0.1\tlocalhost',
      '::1\tlocalhost ip6-localhost ip6-loopback',
      'fe00::0\tip6-localnet',
      'fe00::0\tip6-mcastprefix',
      'fe00::1\tip6-allnodes',
      'fe00::2\tip6-allrouters',
      `${this.addressOf(record)}\t${hostname}`,
    ]
    const extra = aliases.length === 0 ? [] : ['', '# Entries added by HostAliases.', ...aliases]
    const dns = this.dnsOf(record)
    const resolv = [
      ...(dns.searches.length > 0 ? [`search ${dns.searches.join(' ')}`] : []),
      ...dns.nameservers.map((server) => `nameserver ${server}`),
      `options ndots:${dns.ndots}`,
    ]
    return {
      '/etc/hosts': `${[...lines, ...extra].join('\n')}\n`,
      '/etc/hostname': `${hostname}\n`,
      '/etc/resolv.conf': `${resolv.join('\n')}\n`,
    }
  }

  private dnsOf(record: PodRecord): { nameservers: string[]; searches: string[]; ndots: number } {
    const { dnsPolicy = 'ClusterFirst', dnsConfig, hostNetwork } = record.pod.spec ?? {}
    const { clusterDns, clusterDomain } = this.core.flags
    const wants = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && hostNetwork !== true)
    const clustered = wants && clusterDns.length > 0
    const searches =
      clustered && clusterDomain !== ''
        ? [`${record.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain]
        : []
    const nameservers = clustered ? [...clusterDns] : dnsPolicy === 'None' ? [] : ['8.8.8.8']
    const ndots = dnsConfig?.options?.find(({ name }) => name === 'ndots')?.value
    return {
      nameservers: [...nameservers, ...(dnsConfig?.nameservers ?? [])],
      searches: [...searches, ...(dnsConfig?.searches ?? [])],
      ndots: ndots === undefined ? (clustered ? 5 : 1) : Number(ndots),
    }
  }
}

/** Everything a container has printed up to now, oldest first. */
export function linesOf(instance: ContainerInstance, clockMs: number): ContainerInstance['logs'] {
  const started = instance.startedMs ?? 0
  const end = Math.min(clockMs, instance.finishedMs ?? clockMs)
  const planned = (instance.plan?.logs ?? []).filter(({ atMs }) => started + atMs <= end)
  if (planned.length === 0) return instance.logs
  const lines = planned.flatMap(({ atMs, text, stream }) =>
    text.split('\n').map((line) => ({ atMs: started + atMs, stream: stream ?? ('stdout' as const), text: line })),
  )
  return instance.logs.length === 0 ? lines : [...lines, ...instance.logs].sort((a, b) => a.atMs - b.atMs)
}

export function hostnameOf(record: PodRecord, nodeName: string): string {
  if (record.pod.spec?.hostNetwork === true) return nodeName
  return record.pod.spec?.hostname ?? record.name.slice(0, 63)
}

function entryOf(container: Container): ImageEntry | undefined {
  const reference = parseImageReference(container.image ?? '')
  return reference === undefined ? undefined : imageEntry(reference.repository)
}

function kindOf(record: PodRecord, container: Container): ContainerKind {
  if ((record.pod.spec?.ephemeralContainers ?? []).some(({ name }) => name === container.name)) return 'ephemeral'
  const init = (record.pod.spec?.initContainers ?? []).some(({ name }) => name === container.name)
  return !init ? 'regular' : isSidecar(container) ? 'sidecar' : 'init'
}

/** Changes when the container's image or command does. */
export function hashOf(container: Container): string {
  return hexOf(`${container.name}|${container.image ?? ''}|${(container.command ?? []).join(' ')}`, 8)
}
