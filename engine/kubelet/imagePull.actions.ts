/** Pulls: what the names in `imagePull.machine.ts` mean. Models pkg/kubelet/images/puller.go (serial) and image_manager.go. */
import type { MachineMeaning } from '../kernel/machine.ts'
import { MachineRows } from '../kernel/machine.ts'
import type { Container } from '../objects/types.gen.ts'
import type { Core, PullKeeper } from './core.ts'
import { containerOf } from './core.ts'
import { pullFailure } from './dockershim.ts'
import { RUNTIME_TIMES } from './flags.ts'
import { resolveImage } from './images/catalogue.ts'
import { makeImageReference, parseImageReference } from './images/reference.ts'
import type { ImageReference } from './images/reference.ts'
import type { PodRecord } from './state.ts'
import { pullDuration } from './texts.ts'

interface Pull {
  id: string
  uid: string
  container: string
  image: string
  queuedMs: number
  beganMs?: number
}

/** Hears of the end of a pull; the failure is the runtime's text. */
export type PullEnded = (record: PodRecord, failure: string | undefined) => void

export class Pulls implements PullKeeper {
  private pulls: Record<string, Pull> = {}
  private queue: string[] = []
  private active?: string

  constructor(
    private readonly core: Core,
    private readonly rows: () => MachineRows,
    private readonly ended: PullEnded,
  ) {}

  meaning(): MachineMeaning {
    return {
      guards: { resolves: (id) => 'entry' in this.resolve(id) },
      actions: {
        enqueue: (id) => void this.queue.push(id),
        recordImage: (id) => this.finish(id),
        recordFailure: (id) => this.finish(id),
      },
      delays: { pull: (id) => this.pullMs(id) },
    }
  }

  start(record: PodRecord, container: Container): void {
    const id = `${record.uid}/${container.name}`
    this.drop(id)
    this.pulls[id] = {
      id,
      uid: record.uid,
      container: container.name,
      image: container.image ?? '',
      queuedMs: this.core.kernel.now,
    }
    this.rows().start(id)
    this.next()
  }

  /** A pull that no pod asked for: it is as good as done, and takes so long. */
  pull(image: string): { afterMs: number; error?: string } {
    const reference = parseImageReference(image)
    const found = reference && this.resolveReference(reference)
    if (found === undefined || 'error' in found)
      return { afterMs: RUNTIME_TIMES.resolveMs[0], error: found?.error ?? `invalid reference format: ${image}` }
    const there = this.core.images.has(makeImageReference(found.reference))
    this.store(found)
    const resolveMs = this.core.random.between(...RUNTIME_TIMES.resolveMs)
    return { afterMs: there ? resolveMs : resolveMs + Math.round(found.sizeBytes / RUNTIME_TIMES.bandwidth) }
  }

  cancel(uid: string): void {
    for (const pull of Object.values(this.pulls)) if (pull.uid === uid) this.drop(pull.id)
    this.next()
  }

  reset(): void {
    for (const id of Object.keys(this.pulls)) this.drop(id)
    this.queue = []
    delete this.active
  }

  dump(): unknown {
    return { pulls: this.pulls, queue: this.queue, active: this.active }
  }

  load(state: unknown): void {
    const { pulls, queue, active } = state as { pulls: Record<string, Pull>; queue: string[]; active?: string }
    this.pulls = pulls
    this.queue = queue
    if (active === undefined) delete this.active
    else this.active = active
  }

  private drop(id: string): void {
    this.rows().remove(id)
    delete this.pulls[id]
    this.queue = this.queue.filter((one) => one !== id)
    if (this.active === id) delete this.active
  }

  private next(): void {
    while (this.active === undefined || this.mayPullBeside()) {
      const id = this.queue.shift()
      const pull = id === undefined ? undefined : this.pulls[id]
      if (id === undefined) return
      if (pull === undefined) continue
      this.active = id
      pull.beganMs = this.core.kernel.now
      this.rows().send(id, { type: 'TURN' })
    }
  }

  private mayPullBeside(): boolean {
    const { serializeImagePulls, maxParallelImagePulls } = this.core.flags
    const pulling = Object.values(this.pulls).filter(({ beganMs }) => beganMs !== undefined).length
    return !serializeImagePulls && pulling < maxParallelImagePulls
  }

  private reference(id: string): ImageReference {
    return parseImageReference(this.pulls[id]?.image ?? '') as ImageReference
  }

  private resolve(id: string): ReturnType<typeof resolveImage> {
    return this.resolveReference(this.reference(id))
  }

  private resolveReference(reference: ImageReference): ReturnType<typeof resolveImage> {
    const found = resolveImage(reference, this.core.minor)
    if ('entry' in found || !this.core.dockershim) return found
    return { error: pullFailure(reference, found.error.endsWith(': not found'), found.error) }
  }

  private pullMs(id: string): number {
    const resolve = this.core.random.between(...RUNTIME_TIMES.resolveMs)
    const found = this.resolve(id)
    const there = this.core.images.has(makeImageReference(this.reference(id)))
    return 'entry' in found && !there ? resolve + Math.round(found.sizeBytes / RUNTIME_TIMES.bandwidth) : resolve
  }

  private finish(id: string): void {
    const pull = this.pulls[id] as Pull
    const found = this.resolve(id)
    const record = this.core.records.get(pull.uid)
    if ('entry' in found) this.store(found)
    this.drop(id)
    if (record !== undefined) this.tell(record, pull, found)
    this.next()
  }

  private store(found: { reference: ImageReference; digest: string; sizeBytes: number }): void {
    const reference = makeImageReference(found.reference)
    const imageID = `${found.reference.repository}@${found.digest}`
    this.core.images.set(reference, {
      reference,
      imageID,
      digest: found.digest,
      sizeBytes: found.sizeBytes,
      pulledMs: this.core.kernel.now,
    })
  }

  private tell(record: PodRecord, pull: Pull, found: ReturnType<typeof resolveImage>): void {
    const now = this.core.kernel.now
    if ('error' in found) return this.ended(record, found.error)
    const took = pullDuration(now - (pull.beganMs ?? now))
    const waited = pullDuration(now - pull.queuedMs)
    const text = `Successfully pulled image "${pull.image}" in ${took} (${waited} including waiting). Image size: ${found.sizeBytes} bytes.`
    this.core.event(record, 'Normal', 'Pulled', text, containerOf(record, pull.container))
    this.ended(record, undefined)
  }
}
