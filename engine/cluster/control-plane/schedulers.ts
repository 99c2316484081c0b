/** The schedulers of all hosts: what their processes' flags come to. Models cmd/kube-scheduler (O3). */
import type { HostName } from '../../fabric/fabric.ts'
import { klogHeader } from '../../objects/klog.ts'
import { Scheduler } from '../../scheduler/scheduler.ts'
import { readFlags, schedulerStartOf } from '../flags/index.ts'
import type { PlannedHost } from '../plan.ts'
import type { Made } from './elected.ts'
import { ElectedSet } from './elected-set.ts'
import type { Running } from './processes.ts'
import type { ComponentSet } from './world.ts'

const LOST = { file: 'server.go:294', text: 'Leaderelection lost' }

export class Schedulers extends ElectedSet<Scheduler> implements ComponentSet {
  add({ name }: PlannedHost): void {
    this.make(name, { minor: this.world.plan.minor })
  }

  start(process: Running): void {
    const { host, argv, version } = process
    const read = readFlags('kube-scheduler', argv, version, this.processes.flagHost(process))
    if ('refused' in read) return this.processes.refuse(process, read)
    const { settings, log } = read
    process.kubeconfig = settings.kubeconfig
    process.scheduler = settings
    this.world.log(process, log)
    this.makeFor(keyOf(host), { minor: settings.minor })
    this.elected.begin(process)
  }

  go({ host, scheduler }: Running): void {
    if (scheduler !== undefined) this.instances.get(host)?.start(schedulerStartOf(scheduler))
  }

  /** Who leads hands its lease back when it is asked to end. */
  release({ host, scheduler }: Running): boolean {
    if (scheduler === undefined) return false
    this.instances.get(host)?.release()
    const header = klogHeader('I', this.world.kernel.clockMs, 'server.go:287')
    this.processes.say(keyOf(host), `${header} "Requested to terminate, exiting"\n`)
    return false
  }

  protected make(host: HostName, { minor }: Made): void {
    const scheduler = new Scheduler({
      kernel: this.world.kernel,
      address: `kube-scheduler/${host}`,
      host,
      minor,
      election: this.elected.election(keyOf(host), LOST),
      createClient: this.elected.clientOf(host, 'kube-scheduler', minor),
    })
    this.instances.set(host, scheduler)
  }
}

const keyOf = (host: HostName): string => `${host}/kube-scheduler`
