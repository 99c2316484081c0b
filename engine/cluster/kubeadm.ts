/** What kubeadm does once the first control plane answers: it creates the add-ons, again and again until it worked. */
import type { Answer, ApiClient, ApiClientOwner, Call } from '../api/client.ts'
import type { Component, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'

const RETRY_MS = 500

export class Kubeadm implements Component, ApiClientOwner {
  static readonly address = 'kubeadm'
  private readonly client: ApiClient
  /** The index of the call under way. */
  private at = 0

  constructor(
    private readonly kernel: Kernel,
    private readonly calls: Call[],
    createClient: (owner: ApiClientOwner) => ApiClient,
  ) {
    this.client = createClient(this)
    kernel.register(Kubeadm.address, this)
  }

  get done(): boolean {
    return this.at >= this.calls.length
  }

  start(): void {
    this.kernel.send({ to: Kubeadm.address, type: 'next' }, RETRY_MS)
  }

  handle(event: KernelEvent): void {
    if (event.type === 'next') this.next()
    else this.client.handle(event)
  }

  onAnswer(answer: Answer): void {
    const worked = (answer.code >= 200 && answer.code < 300) || answer.code === 409
    if (worked) this.at++
    if (this.done) this.kernel.record('kubeadm.done', {})
    else this.kernel.send({ to: Kubeadm.address, type: 'next' }, worked ? 0 : RETRY_MS)
  }

  onChange(): void {}

  dump(): unknown {
    return { at: this.at, client: this.client.dump() }
  }

  load(state: unknown): void {
    const saved = state as { at: number; client: unknown }
    this.at = saved.at
    this.client.load(saved.client)
  }

  private next(): void {
    const call = this.calls[this.at]
    if (call !== undefined) this.client.call(call)
  }
}
