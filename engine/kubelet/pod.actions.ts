/**
 * What the names in `pod.machine.ts` mean. A sync posts the status, then does one thing after another.
 * Models pkg/kubelet/kubelet.go (SyncPod, SyncTerminatingPod, SyncTerminatedPod) and
 * kuberuntime_manager.go (computePodActions, SyncPod).
 */
import type { Answer } from '../api/client.ts'
import { textOfLetters } from '../host/bytes.ts'
import type { MachineMeaning } from '../kernel/machine.ts'
import { makeGoDuration } from '../objects/duration.ts'
import { quantityValue } from '../objects/quantity.ts'
import type { ConfigMap, Container, PersistentVolumeClaim, Secret } from '../objects/types.gen.ts'
import { isInBackOff, isInBackOffSince, nextBackOff } from './backOff.ts'
import type { Core } from './core.ts'
import { containerOf } from './core.ts'
import { envReferents, makeEnv } from './env.ts'
import { badCgroupsPath } from './cgroupDriver.ts'
import { networkNotReady } from './dockershim.ts'
import { RUNTIME_TIMES } from './flags.ts'
import { imageEntry } from './images/catalogue.ts'
import { makeImageReference, parseImageReference } from './images/reference.ts'
import { hexOf, madeAnew } from './state.ts'
import type { PodRecord, Referent } from './state.ts'
import { isDone, isSidecar, restarts } from './status.ts'
import { sameValue } from './statusManager.ts'
import { WAITING } from './texts.ts'
import { claimTrouble, furtherReferents, isObjectReferent, notMounted, referentCall, usedVolumes } from './claims.ts'
import type { Unprocessed } from './claims.ts'
import { madeHostPaths, mountTroubles, volumeFiles, volumeReferents } from './volumes.ts'
import type { MountTrouble } from './volumes.ts'

export const RESYNC = 'pod.resync'
export const REFERENT_TAG = 'referent'
export const REFRESH_TAG = 'refresh'
const ROOT_CA = 'configmaps/kube-root-ca.crt'
const DEADLINE_MESSAGE = 'Pod was active on the node longer than the specified deadline'

export class PodWorkers {
  /** kube-root-ca.crt by namespace, read once: every pod mounts it. */
  private rootCas: Record<string, Referent> = {}

  constructor(private readonly core: Core) {}

  /** The meaning of the machine's names. */
  meaning(): MachineMeaning {
    const on =
      (act: (record: PodRecord) => void) =>
      (uid: string): void => {
        const record = this.core.records.get(uid)
        if (record !== undefined) act(record)
      }
    return {
      guards: {
        doomed: (uid) => this.core.records.get(uid)?.doom !== undefined,
        hasPostStart: (uid) => this.hasPostStart(this.core.records.get(uid)),
      },
      actions: {
        sync: on((record) => this.beginSync(record)),
        advance: on((record) => this.advance(record)),
        remember: on((record) => void (record.again = true)),
        syncDone: on((record) => this.syncDone(record)),
        sandboxCreated: on((record) => this.sandboxCreated(record)),
        containerStarted: on((record) => this.containerStarted(record)),
        startWithHook: on((record) => this.startWithHook(record)),
        killContainers: on((record) => this.killContainers(record)),
        shorten: on((record) => this.shorten(record)),
        finish: on((record) => this.finish(record)),
      },
      delays: {
        sandbox: (uid) => this.hollowMs(uid) ?? this.core.random.between(...RUNTIME_TIMES.sandboxMs),
        start: () => (this.core.hollow === undefined ? this.core.random.between(...RUNTIME_TIMES.startMs) : 0),
      },
    }
  }

  private hollowMs(uid: string): number | undefined {
    const record = this.core.records.get(uid)
    return record && this.core.hollow?.delayMs(record.pod, 'run')
  }

  sync(uid: string): void {
    if (!this.core.running) return
    if (!this.core.pods.has(uid)) this.core.pods.start(uid)
    this.core.pods.send(uid, { type: 'SYNC' })
  }

  /** A container ended: at once for a pod that is being killed, at the next relist otherwise. */
  stopped(record: PodRecord): void {
    if (this.core.pods.state(record.uid) === 'terminating') this.killNext(record)
    else this.core.relist(record.uid)
  }

  /** The kubelet's image of ConfigMaps and Secrets arrives. */
  referentAnswered(answer: Answer, uid: string, reference: string): void {
    const record = this.core.records.get(uid)
    if (record === undefined) return
    record.awaiting = record.awaiting.filter((one) => one !== reference)
    if (answer.code === 200) this.found(record, reference, answer.body)
    else if (answer.code === 404) this.remember(record, reference, null)
    else record.referentsFailed = true
    if (record.awaiting.length === 0) this.mount(record)
  }

  /** Looks at ConfigMaps and Secrets of mounted volumes again, once a minute or more seldom. */
  private refresh(record: PodRecord): void {
    const due = this.core.kernel.now - (record.refreshedMs ?? 0) >= this.core.flags.volumeResyncMs
    const wanted = due && record.sandbox?.ready === true ? refreshed(record) : []
    if (wanted.length > 0) record.refreshedMs = this.core.kernel.now
    for (const reference of wanted) this.get(record, reference, REFRESH_TAG)
  }

  /** What was looked at again shows in the volumes when it changed. */
  refreshAnswered(answer: Answer, uid: string, reference: string): void {
    const record = this.core.records.get(uid)
    if (record === undefined || answer.code !== 200) return
    const found = contents(answer.body, reference)
    if (sameValue(found, record.referents[reference])) return
    record.referents[reference] = found
    for (const volume of usedVolumes(record.pod)) {
      const files = volumeFiles(record, volume, this.core.volumeFacts(record))
      if (files !== undefined) this.core.ports.containers?.updateVolume?.(`${record.uid}/${volume.name}`, files)
    }
  }

  dump(): unknown {
    return this.rootCas
  }

  load(state: unknown): void {
    this.rootCas = state as Record<string, Referent>
  }

  /** A claim leads to its volume, and that to its driver. */
  private found(record: PodRecord, reference: string, body: unknown): void {
    this.remember(record, reference, contents(body, reference))
    for (const next of furtherReferents(reference, body)) {
      record.awaiting.push(next)
      this.get(record, next)
    }
  }

  private remember(record: PodRecord, reference: string, found: Referent): void {
    record.referents[reference] = found
    if (reference === ROOT_CA && found !== null) this.rootCas[record.namespace] = found
  }

  private beginSync(record: PodRecord): void {
    this.core.kernel.cancel(record.resync)
    record.again = false
    record.fetched = false
    record.tried = []
    delete record.failedSync
    delete record.current
    if (this.pastDeadline(record)) return this.step(record, 'DONE', true)
    this.refresh(record)
    const unseen = Object.values(record.containers).some(
      ({ probeKilled, finishedMs }) => probeKilled === true && finishedMs !== undefined,
    )
    if (!unseen) this.core.statuses.set(record)
    if (isDone(record)) {
      record.doom = { graceMs: graceOf(record) }
      return this.step(record, 'DONE', true)
    }
    this.advance(record)
  }

  private step(record: PodRecord, type: string, again = false): void {
    if (again) record.again = true
    this.core.pods.send(record.uid, { type })
  }

  private pastDeadline(record: PodRecord): boolean {
    const seconds = record.pod.spec?.activeDeadlineSeconds
    if (seconds === undefined || this.core.kernel.clockMs < Date.parse(record.startTime) + seconds * 1000) return false
    this.core.event(record, 'Normal', 'DeadlineExceeded', DEADLINE_MESSAGE)
    record.doom = { graceMs: graceOf(record), phase: 'Failed', reason: 'DeadlineExceeded', message: DEADLINE_MESSAGE }
    this.core.statuses.set(record)
    return true
  }

  /** Takes the next step of the sync. */
  private advance(record: PodRecord): void {
    if (record.doom !== undefined) return this.step(record, 'DONE', true)
    if (!this.core.runtimeUp) return this.fail(record, 'error')
    const container = this.nextContainer(record)
    if (container === undefined) return this.step(record, 'DONE')
    if (!this.networkReady(record)) return this.fail(record, 'transient')
    if (!record.fetched) return this.fetch(record)
    if (record.sandbox?.ready !== true && this.networkFails(record)) return this.fail(record, 'error')
    if (record.sandbox?.ready !== true && this.cgroupsFail(record)) return this.fail(record, 'error')
    if (record.sandbox?.ready !== true) return this.makeSandbox(record)
    this.prepare(record, container)
  }

  private fail(record: PodRecord, how: 'error' | 'transient'): void {
    record.failedSync = how
    this.step(record, 'DONE')
  }

  /** Models containerd's RunPodSandbox when the plugin's ADD fails. */
  private networkFails(record: PodRecord): boolean {
    const trouble = record.pod.spec?.hostNetwork === true ? undefined : this.core.ports.networkTrouble?.()
    if (trouble === undefined) return false
    const id = hexOf(`sandbox/${record.uid}/failed/${this.core.kernel.now}`, 64)
    const pod = `${record.name}_${record.namespace}`
    const failed = this.core.dockershim
      ? `failed to set up sandbox container "${id}" network for pod "${record.name}": networkPlugin cni failed to set up pod "${pod}" network: `
      : `failed to setup network for sandbox "${id}": `
    this.sandboxFailed(record, `${failed}${trouble}`)
    return true
  }

  private cgroupsFail(record: PodRecord): boolean {
    if (!this.core.cgroupsDiffer) return false
    const id = hexOf(`sandbox/${record.uid}/failed/${this.core.kernel.now}`, 64)
    this.sandboxFailed(record, badCgroupsPath(record.pod, record.uid, id))
    return true
  }

  private sandboxFailed(record: PodRecord, why: string): void {
    const err = `rpc error: code = Unknown desc = ${why}`
    this.core.event(record, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${err}`)
    const pod = `${record.namespace}/${record.name}`
    this.core.log('E', 'log.go:32', 'RunPodSandbox from runtime service failed', { err })
    this.core.log('E', 'kuberuntime_sandbox.go:70', 'Failed to create sandbox for pod', { err, pod })
    this.core.log('E', 'kuberuntime_manager.go:1233', 'CreatePodSandbox for pod failed', { err, pod })
    const name = `${record.name}_${record.namespace}(${record.uid})`
    const reason = JSON.stringify(`Failed to create sandbox for pod ${JSON.stringify(name)}: ${err}`)
    this.core.log('E', 'pod_workers.go:1301', 'Error syncing pod, skipping', {
      err: `failed to "CreatePodSandbox" for ${JSON.stringify(name)} with CreatePodSandboxError: ${reason}`,
      pod,
      podUID: record.uid,
    })
  }

  private networkReady(record: PodRecord): boolean {
    if (record.pod.spec?.hostNetwork === true || record.sandbox?.ready === true) return true
    if (this.core.ports.networkReady?.() !== false) return true
    this.core.event(record, 'Warning', 'NetworkNotReady', `network is not ready: ${networkTrouble(this.core)}`)
    this.core.log('E', 'pod_workers.go:1301', 'Error syncing pod, skipping', {
      err: `network is not ready: ${networkTrouble(this.core)}`,
      pod: `${record.namespace}/${record.name}`,
      podUID: record.uid,
    })
    return false
  }

  /** The container to start next, if any. Models computePodActions and computeInitContainerActions (F8). */
  private nextContainer(record: PodRecord): Container | undefined {
    const { initContainers = [], containers = [], ephemeralContainers = [] } = record.pod.spec ?? {}
    const debug = (ephemeralContainers as Container[]).find((container) => wantsStart(record, container))
    if (debug !== undefined && record.sandbox?.ready === true) return debug
    const begun = record.sandbox?.ready === true && containers.some(({ name }) => record.containers[name] !== undefined)
    for (const init of initContainers) {
      if (begun && !isSidecar(init)) continue
      const verdict = initVerdict(record, init)
      if (verdict === 'start') return init
      if (verdict === 'wait' && !begun) return undefined
    }
    return containers.find((container) => wantsStart(record, container))
  }

  private fetch(record: PodRecord): void {
    record.fetched = true
    record.referentsFailed = false
    const cached = this.rootCas[record.namespace]
    if (cached !== undefined) record.referents[ROOT_CA] = cached
    const withoutClaims = record.mounted === true || this.core.hollow !== undefined
    const wanted = [...new Set([...volumeReferents(record.pod), ...envReferents(record.pod)])].filter(
      (reference) => (reference !== ROOT_CA || cached === undefined) && !(withoutClaims && isObjectReferent(reference)),
    )
    record.awaiting = [...wanted]
    if (wanted.length === 0 && this.troubles(record).length === 0) {
      this.makeHostPaths(record)
      return this.advance(record)
    }
    this.step(record, 'MOUNT')
    for (const reference of wanted) this.get(record, reference)
    record.refreshedMs = this.core.kernel.now
    if (wanted.length === 0) this.mount(record)
  }

  private get(record: PodRecord, reference: string, kind = REFERENT_TAG): void {
    this.core.client.call(referentCall(reference, record.namespace), { kind, uid: record.uid, reference })
  }

  private troubles(record: PodRecord): MountTrouble[] {
    return mountTroubles(record, this.core.volumeFacts(record))
  }

  private mount(record: PodRecord): void {
    if (record.referentsFailed === true) return this.failMount(record)
    const troubles = this.troubles(record)
    const isDue = this.core.kernel.now >= (record.mountNextMs ?? 0)
    if (troubles.length > 0 && isDue) this.tellTroubles(record, troubles)
    const unprocessed = record.mounted === true || this.core.hollow !== undefined ? undefined : claimTrouble(record)
    if (unprocessed !== undefined) return this.failUnprocessed(record, unprocessed, troubles)
    if (troubles.length === 0 && isDue) return this.mountedAll(record)
    this.waitForMount(record, troubles)
  }

  private mountedAll(record: PodRecord): void {
    delete record.mountRetryMs
    delete record.mountNextMs
    delete record.mountDeadlineMs
    this.makeHostPaths(record)
    this.step(record, 'MOUNTED')
  }

  private makeHostPaths(record: PodRecord): void {
    const { hostPathKind, makeHostPath } = this.core.ports
    if (record.mounted !== true && this.core.hollow === undefined)
      for (const { path, kind } of madeHostPaths(record))
        if (hostPathKind?.(path) === undefined) makeHostPath?.(path, kind)
    record.mounted = true
  }

  private failMount(record: PodRecord): void {
    record.failedSync = 'error'
    this.step(record, 'RETRY')
  }

  /** Claims that cannot be used end the sync at once. */
  private failUnprocessed(record: PodRecord, unprocessed: Unprocessed, troubles: MountTrouble[]): void {
    const volumes = [...unprocessed.volumes, ...troubles.map(({ volume }) => volume)]
    this.core.event(record, 'Warning', 'FailedMount', notMounted(volumes, unprocessed, this.core.minor))
    this.failMount(record)
  }

  /** The reconciler has tried; it tries again after its back-off. */
  private tellTroubles(record: PodRecord, troubles: MountTrouble[]): void {
    const { kernel, flags } = this.core
    for (const { message } of troubles)
      if (message !== undefined) this.core.event(record, 'Warning', 'FailedMount', message)
    record.mountRetryMs = Math.min((record.mountRetryMs ?? flags.mountRetryMs / 2) * 2, flags.mountRetryCapMs)
    record.mountNextMs = kernel.now + record.mountRetryMs
    for (const trouble of troubles) this.tellOperation(record, trouble, record.mountRetryMs)
  }

  /** Models pkg/volume/util/nestedpendingoperations. Told of host paths only (O5). */
  private tellOperation(record: PodRecord, { volume, message }: MountTrouble, retryMs: number): void {
    const source = record.pod.spec?.volumes?.find(({ name }) => name === volume)
    if (message === undefined || source?.hostPath === undefined || this.core.hollow !== undefined) return
    const unique = `kubernetes.io/host-path/${record.uid}-${volume}`
    const again = new Date(this.core.kernel.clockMs + retryMs)
      .toISOString()
      .replace('T', ' ')
      .replace(/Z$/, '000000 +0000 UTC')
    const where = `(UniqueName: "${unique}") pod "${record.name}" (UID: "${record.uid}")`
    const error = message.replace(/^(MountVolume\.SetUp failed for volume "[^"]*") :/, `$1 ${where} :`)
    const operation = `{volumeName:${unique} podName:${record.uid} nodeName:}`
    this.core.log(
      'E',
      'nestedpendingoperations.go:348',
      `Operation for "${operation}" failed. No retries permitted until ${again} (durationBeforeRetry ${makeGoDuration(retryMs)}). Error: ${error}`,
      'bare',
    )
  }

  /** The sync that waits for the volumes gives up after its own time, and waits again. */
  private waitForMount(record: PodRecord, troubles: MountTrouble[]): void {
    const { kernel, flags, minor } = this.core
    record.mountDeadlineMs ??= kernel.now + flags.mountTimeoutMs
    if (kernel.now >= record.mountDeadlineMs) {
      const volumes = troubles.map(({ volume }) => volume)
      this.core.event(record, 'Warning', 'FailedMount', notMounted(volumes, undefined, minor))
      record.mountDeadlineMs = kernel.now + flags.errorResyncMs + flags.mountTimeoutMs
    }
    this.step(record, 'RETRY')
  }

  private makeSandbox(record: PodRecord): void {
    if (record.sandboxes > 0)
      this.core.event(record, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
    this.step(record, 'SANDBOX')
  }

  private sandboxCreated(record: PodRecord): void {
    const address = record.ip === undefined || record.movesOn === true ? this.core.allocateIp(record) : record.ip
    if (record.movesOn === true && record.ip !== undefined) this.core.freeIp(record.ip)
    if (record.heldIp !== undefined) this.core.freeIp(record.heldIp)
    delete record.movesOn
    delete record.heldIp
    if (address !== undefined) record.ip = address
    const attempt = record.sandboxes++
    record.sandbox = {
      id: hexOf(`sandbox/${record.uid}/${attempt}${madeAnew(record)}`, 64),
      attempt,
      createdMs: this.core.kernel.clockMs,
      ready: true,
    }
    this.core.relist(record.uid)
  }

  private prepare(record: PodRecord, container: Container): void {
    record.tried.push(container.name)
    record.current = container.name
    if (this.inCrashBackOff(record, container)) return this.continueFailed(record)
    const image = this.imageState(record, container)
    if (image === 'present') this.configure(record, container)
    else if (image === 'pull') this.pull(record, container)
    else this.continueFailed(record)
  }

  private continueFailed(record: PodRecord): void {
    record.failedSync = 'error'
    this.advance(record)
  }

  /** Models doBackOff of kuberuntime_manager.go (F4). */
  private inCrashBackOff(record: PodRecord, container: Container): boolean {
    const ended = record.containers[container.name]
    if (ended?.finishedMs === undefined) return false
    // What a probe had killed in this same sync is not seen as ended yet: the one before it counts.
    const last = ended.probeKilled === true ? record.previous[container.name] : ended
    delete ended.probeKilled
    if (last?.finishedMs === undefined) return false
    const key = `${container.name}/${ended.hash}`
    const limits = { initialMs: this.core.flags.restartBackOffMs, capMs: this.core.flags.restartBackOffCapMs }
    const finished = last.finishedMs - this.core.kernel.epochMs
    const entry = record.backOff[key]
    if (!isInBackOffSince(entry, finished, this.core.kernel.now, limits)) {
      record.backOff[key] = nextBackOff(entry, finished, this.core.kernel.now, limits)
      return false
    }
    const pod = `${record.name}_${record.namespace}(${record.uid})`
    this.core.event(
      record,
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${container.name} in pod ${pod}`,
      container,
    )
    // Recorded runs show the first back-off of a container at the next relist, later ones at the next sync.
    if (entry?.delayMs === limits.initialMs && record.reasons[container.name]?.reason !== WAITING.crashLoop)
      this.core.relist(record.uid)
    const message = `back-off ${makeGoDuration(entry?.delayMs ?? 0)} restarting failed container=${container.name} pod=${pod}`
    record.reasons[container.name] = { reason: WAITING.crashLoop, message }
    this.core.kernel.record('kubelet.container.backOff', {
      pod: `${record.namespace}/${record.name}`,
      container: container.name,
      delayMs: entry?.delayMs ?? 0,
    })
    return true
  }

  /** Models EnsureImageExists of images/image_manager.go (F5). */
  private imageState(record: PodRecord, container: Container): 'present' | 'pull' | 'failed' {
    if (this.core.hollow !== undefined) return 'present'
    const image = container.image ?? ''
    const reference = parseImageReference(image)
    if (reference === undefined) return this.invalidName(record, container, image)
    const policy =
      container.imagePullPolicy ??
      (reference.tag === 'latest' && reference.digest === undefined ? 'Always' : 'IfNotPresent')
    const present = this.core.images.has(makeImageReference(reference))
    if (present && policy !== 'Always') {
      this.core.event(record, 'Normal', 'Pulled', this.core.texts.present(image), container)
      return 'present'
    }
    if (policy === 'Never') return this.neverPulled(record, container, image)
    const limits = { initialMs: this.core.flags.imageBackOffMs, capMs: this.core.flags.imageBackOffCapMs }
    return isInBackOff(record.pullBackOff[image], this.core.kernel.now, limits)
      ? this.pullBackOff(record, container, image)
      : 'pull'
  }

  private invalidName(record: PodRecord, container: Container, image: string): 'failed' {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`
    this.core.event(record, 'Warning', 'InspectFailed', message, container)
    return this.failImage(record, container, WAITING.invalidName, message)
  }

  private neverPulled(record: PodRecord, container: Container, image: string): 'failed' {
    const message = `Container image "${image}" is not present with pull policy of Never`
    this.core.event(record, 'Warning', 'ErrImageNeverPull', message, container)
    return this.failImage(record, container, WAITING.neverPull, message)
  }

  private pullBackOff(record: PodRecord, container: Container, image: string): 'failed' {
    this.core.event(record, 'Normal', 'BackOff', `Back-off pulling image "${image}"`, container)
    return this.failImage(
      record,
      container,
      WAITING.imageBackOff,
      this.core.texts.backOffPulling(image, record.pullErrors[image]),
    )
  }

  private failImage(record: PodRecord, container: Container, reason: string, message: string): 'failed' {
    record.reasons[container.name] = { reason, message }
    this.core.event(record, 'Warning', 'Failed', `Error: ${reason}`, container)
    return 'failed'
  }

  private pull(record: PodRecord, container: Container): void {
    this.core.event(record, 'Normal', 'Pulling', `Pulling image "${container.image ?? ''}"`, container)
    this.step(record, 'PULL')
    this.core.pulls.start(record, container)
  }

  /** A pull ended. */
  pulled(record: PodRecord, failure: string | undefined): void {
    const container = containerOf(record, record.current ?? '')
    if (container === undefined || this.core.pods.state(record.uid) !== 'pulling') return
    if (failure === undefined) return this.configureAfterPull(record, container)
    const image = container.image ?? ''
    const limits = { initialMs: this.core.flags.imageBackOffMs, capMs: this.core.flags.imageBackOffCapMs }
    record.pullBackOff[image] = nextBackOff(
      record.pullBackOff[image],
      this.core.kernel.now,
      this.core.kernel.now,
      limits,
    )
    record.pullErrors[image] = failure
    this.core.event(record, 'Warning', 'Failed', `Failed to pull image "${image}": ${failure}`, container)
    this.failImage(record, container, WAITING.errImagePull, failure)
    record.failedSync = 'error'
    this.step(record, 'PULLED')
  }

  private configureAfterPull(record: PodRecord, container: Container): void {
    delete record.pullBackOff[container.image ?? '']
    const error = this.configError(record, container)
    if (error === undefined) return this.step(record, 'START')
    this.refuseConfig(record, container, error)
    this.step(record, 'PULLED')
  }

  private configure(record: PodRecord, container: Container): void {
    const error = this.configError(record, container)
    if (error === undefined) return this.step(record, 'START')
    this.refuseConfig(record, container, error)
    this.advance(record)
  }

  private refuseConfig(record: PodRecord, container: Container, error: string): void {
    record.reasons[container.name] = { reason: WAITING.configError, message: error }
    record.failedSync = 'error'
    this.core.event(record, 'Warning', 'Failed', `Error: ${error}`, container)
  }

  private configError(record: PodRecord, container: Container): string | undefined {
    const rootError = rootTrouble(record, container)
    if (rootError !== undefined) return rootError
    if (container.env === undefined && container.envFrom === undefined) return undefined
    const facts = {
      hostIP: this.core.nodeFacts().hostIP,
      services: [],
      allocatable: {},
      imageEnv: {},
      hostname: record.name,
    }
    const made = makeEnv(record, container, facts)
    return 'error' in made ? made.error : undefined
  }

  private containerStarted(record: PodRecord): void {
    const container = containerOf(record, record.current ?? '')
    if (container === undefined) return
    if (!this.core.containers.start(record, container)) record.failedSync = 'error'
    this.core.relist(record.uid)
  }

  private hasPostStart(record: PodRecord | undefined): boolean {
    if (record === undefined || this.core.hollow !== undefined) return false
    return containerOf(record, record.current ?? '')?.lifecycle?.postStart !== undefined
  }

  /** The sync goes on when the hook is done, and the container gone if that failed. */
  private startWithHook(record: PodRecord): void {
    this.containerStarted(record)
    if (record.containers[record.current ?? '']?.hooked !== true) this.step(record, 'HOOKED')
  }

  private syncDone(record: PodRecord): void {
    delete record.current
    if (record.failedSync === 'error' && this.core.hollow === undefined) this.tellFailed(record)
    const delay = this.nextSyncMs(record)
    if (delay !== undefined) record.resync = this.core.after(delay, RESYNC, record.uid)
  }

  /** What the sync could not do. Models pod_workers.go and kuberuntime's PodSyncResult. */
  private tellFailed({ uid, namespace, name, tried, reasons }: PodRecord): void {
    const failures = tried.flatMap((container) => {
      const { reason, message } = reasons[container] ?? {}
      if (reason === undefined || message === undefined) return []
      return [`failed to "StartContainer" for "${container}" with ${reason}: ${JSON.stringify(message)}`]
    })
    if (failures.length === 0) return
    const err = failures.length === 1 ? (failures[0] as string) : `[${failures.join(', ')}]`
    const facts = { err, pod: `${namespace}/${name}`, podUID: uid }
    this.core.log('E', 'pod_workers.go:1301', 'Error syncing pod, skipping', facts)
  }

  /** When the worker wants to be called again by itself. */
  private nextSyncMs(record: PodRecord): number | undefined {
    const { flags, random } = this.core
    if (record.again) return 0
    if (record.failedSync === 'transient')
      return Math.round(flags.transientResyncMs * (1 + random.next() * flags.errorResyncJitter))
    if (record.failedSync === 'error')
      return Math.round(flags.errorResyncMs * (1 + random.next() * flags.errorResyncJitter))
    const wakesMs = Math.min(record.mountNextMs ?? Infinity, record.mountDeadlineMs ?? Infinity)
    if (wakesMs > this.core.kernel.now && wakesMs !== Infinity) return wakesMs - this.core.kernel.now
    const deadline = this.deadlineMs(record)
    const refresh =
      refreshed(record).length > 0
        ? Math.round(flags.volumeResyncMs * (1 + random.next() * flags.errorResyncJitter))
        : undefined
    return deadline === undefined ? refresh : Math.min(deadline, refresh ?? deadline)
  }

  private deadlineMs(record: PodRecord): number | undefined {
    const seconds = record.pod.spec?.activeDeadlineSeconds
    if (seconds === undefined) return undefined
    return Math.max(0, Date.parse(record.startTime) + seconds * 1000 - this.core.kernel.clockMs)
  }

  /** Models killContainersWithSyncResult: all regular containers at once, sidecars afterwards in reverse order. */
  private killContainers(record: PodRecord): void {
    this.core.kernel.cancel(record.resync)
    this.core.pulls.cancel(record.uid)
    if (record.doom !== undefined) record.doom.sinceMs = this.core.kernel.now
    for (const one of Object.values(record.containers)) delete one.hooked
    for (const name of Object.keys(record.containers)) this.core.probes.stop(record.uid, name, ['liveness', 'startup'])
    for (const one of Object.values(record.containers)) if (one.kind !== 'sidecar') this.stopOne(record, one.name)
    this.killNext(record)
  }

  private stopOne(record: PodRecord, name: string): void {
    this.core.containers.stop(record, name, record.doom?.graceMs ?? 0, `Stopping container ${name}`)
  }

  private killNext(record: PodRecord): void {
    const alive = Object.values(record.containers).filter((one) => one.finishedMs === undefined)
    if (alive.some((one) => one.kind !== 'sidecar')) return
    const last = alive[alive.length - 1]
    if (last === undefined) return void this.core.pods.send(record.uid, { type: 'ALL_STOPPED' })
    if (last.stopBy === undefined) this.stopOne(record, last.name)
  }

  /** A second deletion with a shorter grace period. */
  private shorten(record: PodRecord): void {
    const end = (record.doom?.sinceMs ?? 0) + (record.doom?.graceMs ?? 0)
    for (const one of Object.values(record.containers)) {
      if (one.finishedMs !== undefined || one.stopBy === undefined || one.stopBy <= end) continue
      one.stopBy = end
      this.core.containerRows.send(`${record.uid}/${one.name}`, { type: 'HURRY' })
    }
  }

  /** All containers are gone. The pod is over when the sync loop comes to it again, which is when it may be deleted. */
  private finish(record: PodRecord): void {
    const { kernel } = this.core
    if (record.removed === true) return this.end(record)
    if (record.endsMs === undefined) return this.beginEnd(record)
    if (kernel.now >= record.endsMs) this.end(record)
  }

  private beginEnd(record: PodRecord): void {
    const { kernel, hollow, flags } = this.core
    if (record.sandbox !== undefined) record.sandbox = { ...record.sandbox, ready: false }
    for (const name of Object.keys(record.containers)) this.core.probes.stop(record.uid, name)
    const phase = parseInt(hexOf(`sync/${this.core.nodeName}`, 6), 16)
    const toNextSync = flags.syncLoopMs - ((kernel.now + phase) % flags.syncLoopMs)
    record.endsMs = kernel.now + (hollow?.delayMs(record.pod, 'confirm') ?? toNextSync)
    this.core.statuses.set(record)
    this.core.after(record.endsMs - kernel.now, RESYNC, record.uid)
  }

  private end(record: PodRecord): void {
    record.finished = true
    this.core.ports.containers?.removePod(record.uid)
    for (const name of Object.keys(record.containers)) this.core.probes.stop(record.uid, name)
    if (record.removed === true) return this.core.forget(record)
    this.core.statuses.set(record)
  }
}

/** The text of a node without a CNI configuration (B2). */
/** Why pods have no network yet. */
export const networkTrouble = ({ dockershim, minor }: Core): string =>
  dockershim ? networkNotReady(minor) : NETWORK_NOT_READY

const NETWORK_NOT_READY =
  'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized'

export function graceOf(record: PodRecord): number {
  return (record.pod.metadata.deletionGracePeriodSeconds ?? record.pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000
}

/** Referents of volumes whose contents may change under a running pod. */
function refreshed(record: PodRecord): string[] {
  return volumeReferents(record.pod).filter((reference) => reference !== ROOT_CA && !isObjectReferent(reference))
}

function initVerdict(record: PodRecord, init: Container): 'start' | 'wait' | 'next' {
  const one = record.containers[init.name]
  const tried = record.tried.includes(init.name)
  if (isSidecar(init)) {
    if (one === undefined || one.finishedMs !== undefined) return tried ? 'wait' : 'start'
    return record.started[init.name] === true ? 'next' : 'wait'
  }
  if (one?.finishedMs !== undefined && one.exitCode === 0) return 'next'
  if (one !== undefined && (one.finishedMs === undefined || !restarts(record.pod, one))) return 'wait'
  return tried ? 'wait' : 'start'
}

function wantsStart(record: PodRecord, container: Container): boolean {
  if (record.tried.includes(container.name)) return false
  const one = record.containers[container.name]
  return one === undefined || (one.finishedMs !== undefined && restarts(record.pod, one))
}

/** runAsNonRoot with an image that runs as root. Models verifyRunAsNonRoot. */
function rootTrouble(record: PodRecord, container: Container): string | undefined {
  const own = container.securityContext
  const shared = record.pod.spec?.securityContext
  if ((own?.runAsNonRoot ?? shared?.runAsNonRoot) !== true) return undefined
  const uid = own?.runAsUser ?? shared?.runAsUser
  const where = `(pod: "${record.name}_${record.namespace}(${record.uid})", container: ${container.name})`
  if (uid !== undefined) return uid === 0 ? `container's runAsUser breaks non-root policy ${where}` : undefined
  const reference = parseImageReference(container.image ?? '')
  const user = reference === undefined ? '' : (imageEntry(reference.repository)?.config.user ?? '')
  if (user === '' || user === '0' || user === 'root')
    return `container has runAsNonRoot and image will run as root ${where}`
  return /^\d/.test(user)
    ? undefined
    : `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root ${where}`
}

function contents(body: unknown, reference: string): Referent {
  if (isObjectReferent(reference)) return { data: {}, object: body as PersistentVolumeClaim }
  if (reference.startsWith('configmaps/')) {
    const { data, binaryData } = body as ConfigMap
    return { data: { ...data, ...decoded(binaryData) } }
  }
  const secret = body as Secret
  return { data: decoded(secret.data) }
}

function decoded(data: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decodeBase64(String(value))]))
}

/** The text that base64's bytes are (host/bytes.ts). */
export function decodeBase64(text: string): string {
  return textOfLetters(atob(text))
}

/** Bytes of a quantity, or undefined. */
export function bytesOf(quantity: string | number | undefined): number | undefined {
  return quantity === undefined ? undefined : quantityValue(quantity)
}
