/** The controller managers of all hosts: what their processes' flags and files come to. Models cmd/kube-controller-manager (O3). */
import { ControllerManager } from '../../controllers/manager.ts'
import { nodeLifecycleFlags } from '../../controllers/nodelifecycle/flags.ts'
import type { NodeLifecycleFlags } from '../../controllers/nodelifecycle/flags.ts'
import type { HostName } from '../../fabric/fabric.ts'
import { controllerFlags, controllersOf } from '../controllers.ts'
import type { ControllerFlags } from '../controllers.ts'
import {
  controllerFlagsOf,
  lateFailure,
  lateFailureLog,
  LATE_FAILURE_MS,
  managerStartOf,
  readFlags,
} from '../flags/index.ts'
import { CERTIFICATES, managerFiles } from '../identity.ts'
import type { ManagerFileName } from '../identity.ts'
import type { PlannedHost } from '../plan.ts'
import type { Made } from './elected.ts'
import { ElectedSet } from './elected-set.ts'
import type { Running } from './processes.ts'
import { CONTROL_PLANE_ADDRESS, CONTROL_PLANE_EVENTS } from './world.ts'
import type { ComponentSet, ProcessNews } from './world.ts'

const RELEASE_ON_EXIT = 'ControllerManagerReleaseLeaderElectionLockOnExit'
const LOST = { file: 'controllermanager.go:332', text: 'leaderelection lost' }

export interface ManagersState {
  nodeLifecycle: Record<HostName, NodeLifecycleFlags>
  controllers: Record<HostName, ControllerFlags>
}

export class Managers extends ElectedSet<ControllerManager> implements ComponentSet {
  /** Objects that the controllers hold: changed in place. */
  private readonly flags: ManagersState = { nodeLifecycle: {}, controllers: {} }

  add({ name }: PlannedHost): void {
    const { plan } = this.world
    this.flags.nodeLifecycle[name] = nodeLifecycleFlags(plan.minor)
    this.flags.controllers[name] = controllerFlags(plan)
    this.make(name, { minor: plan.minor })
  }

  start(process: Running): void {
    const { host, argv, version } = process
    const read = readFlags('kube-controller-manager', argv, version, this.processes.flagHost(process))
    if ('refused' in read) return this.processes.refuse(process, read)
    const { settings, log } = read
    process.manager = settings
    process.kubeconfig = settings.kubeconfig
    this.world.log(process, log)
    this.change(host, settings.nodeLifecycle, controllerFlagsOf(settings))
    this.makeFor(keyOf(host), { minor: settings.minor })
    this.elected.begin(process)
  }

  go({ host, manager }: Running): void {
    if (manager !== undefined) this.instances.get(host)?.start(managerStartOf(manager))
  }

  /** Who leads hands its lease back only with the gate. */
  release({ host, manager }: Running): boolean {
    if (manager?.featureGates[RELEASE_ON_EXIT] === true) this.instances.get(host)?.release()
    return false
  }

  /** The last lines of a leader that cannot start its controllers. */
  failLate({ key, id, text = '' }: ProcessNews): void {
    if (this.processes.get(key)?.id === id) this.processes.died(key, 1, text)
  }

  dump(): ManagersState {
    return this.flags
  }

  load({ nodeLifecycle, controllers }: ManagersState): void {
    for (const [host, flags] of Object.entries(nodeLifecycle)) this.change(host, flags, {})
    for (const [host, flags] of Object.entries(controllers)) this.change(host, {}, flags)
  }

  private change(host: HostName, lifecycle: Partial<NodeLifecycleFlags>, controllers: Partial<ControllerFlags>): void {
    Object.assign(this.flags.nodeLifecycle[host] ?? {}, lifecycle)
    Object.assign(this.flags.controllers[host] ?? {}, controllers)
  }

  protected make(host: HostName, { minor }: Made): void {
    const { kernel, plan } = this.world
    const key = keyOf(host)
    const files = managerFiles((name) => this.readFile(key, name))
    const { nodeLifecycle, controllers } = this.flags
    const manager = new ControllerManager({
      kernel,
      address: `kube-controller-manager/${host}`,
      host,
      controllers: controllersOf(
        { ...plan, minor },
        nodeLifecycle[host] as NodeLifecycleFlags,
        files,
        controllers[host],
      ),
      election: { ...this.elected.election(key, LOST), onLeading: () => this.leads(key) },
      createClient: this.elected.clientOf(host, 'kube-controller-manager', minor),
    })
    this.instances.set(host, manager)
  }

  /** A file that the flags of a manager name. */
  private readFile(key: string, name: ManagerFileName): string {
    const manager = this.processes.get(key)?.manager
    const paths = {
      'ca.crt': manager?.rootCaFile ?? `${CERTIFICATES}/ca.crt`,
      'sa.key': manager?.serviceAccountPrivateKeyFile ?? `${CERTIFICATES}/sa.key`,
      'signing.crt': manager?.signing.certFile ?? `${CERTIFICATES}/ca.crt`,
      'signing.key': manager?.signing.keyFile ?? `${CERTIFICATES}/ca.key`,
    }
    return this.processes.read(key, paths[name])
  }

  /** Some files are read only by who leads (O3). */
  private leads(key: string): void {
    const { kernel } = this.world
    const process = this.processes.get(key)
    if (process?.manager === undefined) return
    const failure = lateFailure(process.manager, this.processes.flagHost(process))
    if (failure === undefined) return
    const text = lateFailureLog(failure, kernel.clockMs + LATE_FAILURE_MS)
    const data: ProcessNews = { key, id: process.id, text }
    kernel.send({ to: CONTROL_PLANE_ADDRESS, type: CONTROL_PLANE_EVENTS.lateFailure, data }, LATE_FAILURE_MS)
  }
}

const keyOf = (host: HostName): string => `${host}/kube-controller-manager`
