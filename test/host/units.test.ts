import { describe, expect, it } from 'vitest'
import { Fabric } from '../../engine/fabric/fabric.ts'
import { Hosts } from '../../engine/host/host.ts'
import type { Host } from '../../engine/host/host.ts'
import { UNIT_EVENTS } from '../../engine/host/units/events.ts'
import type { UnitStartData, UnitStopData } from '../../engine/host/units/events.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import type { Component } from '../../engine/kernel/kernel.ts'
import type { KernelEvent } from '../../engine/kernel/queue.ts'

const EPOCH_MS = Date.UTC(2026, 10, 21, 1, 50, 17)

const KUBELET = `[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
`

/** A kubelet that ends at once when its configuration is missing, and when it is told to. */
class FakeKubelet implements Component {
  starts: UnitStartData[] = []
  broken = false
  constructor(private readonly kernel: Kernel) {}
  handle(event: KernelEvent): void {
    if (event.type === UNIT_EVENTS.start) {
      const data = event.data as UnitStartData
      this.starts.push(data)
      if (this.broken)
        this.kernel.send(
          { to: 'hosts', type: UNIT_EVENTS.exited, data: { host: data.host, unit: data.unit, pid: data.pid, code: 1 } },
          100,
        )
    } else if (event.type === UNIT_EVENTS.stop) {
      const { host, unit, pid, signal } = event.data as UnitStopData
      this.kernel.send(
        {
          to: 'hosts',
          type: UNIT_EVENTS.exited,
          data: { host, unit, pid, ...(signal === 'KILL' ? { signal } : { code: 0 }) },
        },
        10,
      )
    }
  }
  dump(): unknown {
    return null
  }
  load(): void {}
}

function world(): { kernel: Kernel; hosts: Hosts; host: Host; kubelet: FakeKubelet } {
  const kernel = new Kernel({ seed: 'units', epochMs: EPOCH_MS })
  const hosts = new Hosts(kernel, new Fabric(kernel), { unitPrograms: { kubelet: 'kubelet/<host>' } })
  const kubelet = new FakeKubelet(kernel)
  kernel.register('kubelet/node-1', kubelet)
  const host = hosts.add({ name: 'node-1', address: '172.30.1.2' })
  host.files.put('/usr/lib/systemd/system/kubelet.service', KUBELET)
  host.files.put('/usr/bin/kubelet', '', { mode: 0o755, program: 'kubelet' })
  hosts.boot('node-1')
  kernel.runUntil(1000)
  return { kernel, hosts, host, kubelet }
}

const lines = (host: Host, unit: string): string[] => host.journal.read({ units: [unit] }).map(({ text }) => text)

describe('units', () => {
  it('starts what is enabled at boot, and only that', () => {
    const { kernel, hosts, host } = world()
    expect(host.units.isActive('containerd')).toBe(true)
    expect(host.units.isActive('sshd')).toBe(true)
    expect(host.units.isActive('kubelet')).toBe(false)
    host.units.enable('kubelet')
    hosts.reboot('node-1')
    expect(host.units.isActive('containerd')).toBe(false)
    kernel.runUntil(kernel.now + 19_000)
    expect(host.power).toBe('booting')
    kernel.runUntil(kernel.now + 2_000)
    expect(host.units.isActive('kubelet')).toBe(true)
    expect(host.boots).toHaveLength(2)
  })

  it('restarts a failing kubelet each ten seconds and never calls it failed (Q1, Q2)', () => {
    const { kernel, host, kubelet } = world()
    kubelet.broken = true
    host.units.start('kubelet')
    kernel.runUntil(kernel.now + 5_000)
    expect(host.units.status('kubelet')).toMatchObject({
      active: 'activating',
      sub: 'auto-restart',
      result: 'exit-code',
    })
    kernel.runUntil(kernel.now + 16_000)
    expect(kubelet.starts).toHaveLength(3)
    expect(lines(host, 'kubelet.service').slice(0, 5)).toEqual([
      'Started kubelet.service - kubelet: The Kubernetes Node Agent.',
      'kubelet.service: Main process exited, code=exited, status=1/FAILURE',
      "kubelet.service: Failed with result 'exit-code'.",
      'kubelet.service: Scheduled restart job, restart counter is at 1.',
      'Started kubelet.service - kubelet: The Kubernetes Node Agent.',
    ])
  })

  it('stops cleanly, and is started again by a restart', () => {
    const { kernel, host, kubelet } = world()
    host.units.start('kubelet')
    expect(host.units.restart('kubelet')).toEqual({ pending: true })
    kernel.runUntil(kernel.now + 100)
    expect(kubelet.starts).toHaveLength(2)
    host.units.stop('kubelet')
    kernel.runUntil(kernel.now + 100)
    expect(host.units.status('kubelet')).toMatchObject({ active: 'inactive', sub: 'dead', result: 'success' })
    expect(lines(host, 'kubelet.service').slice(-3)).toEqual([
      'Stopping kubelet.service - kubelet: The Kubernetes Node Agent...',
      'kubelet.service: Deactivated successfully.',
      'Stopped kubelet.service - kubelet: The Kubernetes Node Agent.',
    ])
  })

  it('comes back after kill -9', () => {
    const { kernel, host, kubelet } = world()
    host.units.start('kubelet')
    host.units.signal(host.units.status('kubelet').pid ?? 0, 'KILL')
    kernel.runUntil(kernel.now + 100)
    expect(host.units.status('kubelet')).toMatchObject({ sub: 'auto-restart', result: 'signal' })
    expect(lines(host, 'kubelet.service')).toContain('kubelet.service: Main process exited, code=killed, status=9/KILL')
    kernel.runUntil(kernel.now + 10_100)
    expect(kubelet.starts).toHaveLength(2)
  })

  it('says 203/EXEC when the program is not there', () => {
    const { kernel, host } = world()
    host.files.put('/etc/systemd/system/bad.service', '[Service]\nExecStart=/usr/bin/kublet --x\n')
    expect(host.units.start('bad')).toEqual({ done: true })
    kernel.runUntil(kernel.now + 10)
    expect(host.units.status('bad')).toMatchObject({ active: 'failed', result: 'exit-code', exit: { code: 203 } })
  })

  it('gives up after five starts in ten seconds', () => {
    const { kernel, host } = world()
    host.files.put('/etc/systemd/system/quick.service', '[Service]\nExecStart=/usr/bin/false\nRestart=always\n')
    host.units.start('quick')
    kernel.runUntil(kernel.now + 5_000)
    expect(host.units.status('quick')).toMatchObject({ active: 'failed', result: 'start-limit-hit', restarts: 5 })
    expect(lines(host, 'quick.service')).toContain('quick.service: Start request repeated too quickly.')
  })

  it('keeps the old definition until daemon-reload', () => {
    const { host } = world()
    host.units.start('kubelet')
    host.files.put(
      '/etc/systemd/system/kubelet.service.d/20-extra.conf',
      '[Service]\nEnvironment="KUBELET_EXTRA_ARGS=--v=4"\nExecStart=\nExecStart=/usr/bin/kubelet $KUBELET_EXTRA_ARGS\n',
    )
    expect(host.units.status('kubelet').needsReload).toBe(true)
    host.units.daemonReload()
    expect(host.units.status('kubelet').needsReload).toBe(false)
    host.units.restart('kubelet')
  })

  it('refuses masked, missing and twice-commanded units', () => {
    const { host } = world()
    expect(host.units.start('nosuch')).toEqual({ refused: 'not-found' })
    expect(host.units.mask('cron')).toEqual({
      lines: ['Created symlink /etc/systemd/system/cron.service → /dev/null.'],
    })
    host.files.put('/etc/systemd/system/two.service', '[Service]\nExecStart=/bin/true\nExecStart=/bin/true\n')
    expect(host.units.start('two')).toEqual({ refused: 'bad-setting' })
    host.files.put('/etc/systemd/system/syntax.service', '[Service\nExecStart=/bin/true\n')
    expect(host.units.start('syntax')).toEqual({ refused: 'error' })
  })

  it('continues identically from a snapshot', () => {
    const run = (interrupt: boolean): string => {
      const { kernel, host, kubelet } = world()
      kubelet.broken = true
      host.units.start('kubelet')
      kernel.runUntil(kernel.now + 15_000)
      if (interrupt) kernel.restore(kernel.snapshot())
      kernel.runUntil(kernel.now + 15_000)
      return `${kernel.journal.hash()} ${JSON.stringify((kernel.component('hosts') as Hosts).get('node-1').journal.read())}`
    }
    expect(run(true)).toBe(run(false))
  })
})
