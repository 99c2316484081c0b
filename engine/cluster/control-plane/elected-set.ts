/** What the controller managers and the schedulers have in common as sets of all hosts. */
import type { HostName } from '../../fabric/fabric.ts'
import type { Elected, Made } from './elected.ts'
import type { Processes, Running } from './processes.ts'
import type { ControlPlaneWorld } from './world.ts'

export abstract class ElectedSet<Instance extends { start(): void; stop(): void }> {
  readonly instances = new Map<HostName, Instance>()

  constructor(
    protected readonly world: ControlPlaneWorld,
    protected readonly processes: Processes,
    protected readonly elected: Elected,
  ) {}

  startBare(host: HostName): void {
    this.instances.get(host)?.start()
  }

  stop(host: HostName, _slot: string, process: Running | undefined): void {
    this.elected.end(process)
    this.instances.get(host)?.stop()
  }

  /** Makes the component of a host anew when it is to run as another release. */
  makeFor(key: string, wanted: Made): void {
    this.elected.makeFor(key, wanted, (host, made) => this.make(host, made))
  }

  protected abstract make(host: HostName, made: Made): void
}
