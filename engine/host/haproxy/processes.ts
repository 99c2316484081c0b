/** The worker of a HAProxy as ps, ss and lsof see it: the master is the unit's own process, the worker has the ports. */
import type { HostName } from '../../fabric/fabric.ts'
import type { ProcessSource } from '../host.ts'
import type { ModelledProcess } from '../units/unit-host.ts'
import type { Haproxy } from './haproxy.ts'

const MEMORY_BYTES = 12 * 1024 ** 2

interface Worker extends ModelledProcess {
  listens: { address: string; port: number }[]
}

export function haproxyWorkers(of: (host: HostName) => Haproxy | undefined): ProcessSource {
  return {
    list: (host) => {
      const running = of(host)?.running()
      if (running === undefined) return []
      const { pid, worker, argv, startedMs, listens } = running
      const one: Worker = {
        pid: worker,
        ppid: pid,
        user: 'root',
        argv,
        startedMs,
        memoryBytes: MEMORY_BYTES,
        cpu: 0.01,
        listens,
      }
      return [one]
    },
    signal: () => {},
    pause: () => false,
    sockets: (process) => ('listens' in process ? (process as Worker).listens : []),
  }
}
