import { describe, expect, it } from 'vitest'
import { makeBox } from './box.ts'

describe('power', () => {
  it('a crash ends programs, units and answers; a boot brings the enabled ones back', () => {
    const { hosts, fabric, kernel, table } = makeBox()
    const sleeping = table.spawn({ host: 'node-1', argv: ['top', '-b'] })
    kernel.runUntil(kernel.now + 10)
    hosts.get('node-1').files.write('/run/x', '1')
    hosts.get('node-1').files.write('/var/log/x', '1')
    hosts.crash('node-1')
    kernel.runUntil(kernel.now + 10)
    expect(
      'pid' in sleeping && table.process(sleeping.pid)?.exit === undefined && table.process(sleeping.pid) !== undefined,
    ).toBe(false)
    expect(fabric.isUp('node-1')).toBe(false)
    expect(hosts.get('node-1').units.isActive('ssh')).toBe(false)
    hosts.boot('node-1')
    kernel.runUntil(kernel.now + 1000)
    expect(hosts.get('node-1').units.isActive('ssh')).toBe(true)
    expect(hosts.get('node-1').files.exists('/run/x')).toBe(false)
    expect(hosts.get('node-1').files.text('/var/log/x')).toBe('1')
  })

  it('a reboot over ssh closes the session and is over after twenty seconds', () => {
    const { run, hosts, kernel } = makeBox()
    run('ssh node-1 sudo reboot', { forMs: 1000 })
    expect(hosts.get('node-1').power).toBe('booting')
    kernel.runUntil(kernel.now + 21_000)
    expect(run('ssh node-1 hostname').out).toBe('node-1\n')
    expect(run('journalctl --list-boots', { host: 'node-1' }).out.split('\n')).toHaveLength(4)
  })

  it('a skewed clock shows in dates, not in time', () => {
    const { run, hosts } = makeBox()
    hosts.get('node-1').setClockSkew(3_600_000)
    run('touch /tmp/x', { host: 'node-1' })
    expect(run('stat -c %y /tmp/x', { host: 'node-1' }).out).toContain('2026-11-21 02:49')
  })

  it('a full disk refuses writes until it is freed', () => {
    const { run, hosts } = makeBox()
    const host = hosts.get('base')
    host.setBallast(host.capacity.diskBytes)
    expect(run('cp /etc/hostname /tmp/y').err).toBe(
      "cp: cannot create regular file '/tmp/y': No space left on device\n",
    )
    expect(run('df -h /').out).toContain('100% /')
    host.setBallast(0)
    expect(run('cp /etc/hostname /tmp/y').code).toBe(0)
  })
})
