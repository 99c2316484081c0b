import { describe, expect, it } from 'vitest'
import { nextElapse, parseCalendar } from '../../engine/host/units/calendar.ts'
import { makeBox } from './box.ts'
import type { Box } from './box.ts'

function units(box: Box, files: Record<string, string>): void {
  const { files: tree } = box.hosts.get('base')
  for (const [name, text] of Object.entries(files)) tree.put(`/etc/systemd/system/${name}`, text)
  box.hosts.get('base').units.daemonReload()
}

const logOf = (box: Box, unit: string): string[] =>
  box.hosts
    .get('base')
    .journal.read({ units: [unit] })
    .map(({ text }) => text)

describe('calendar events (systemd.time)', () => {
  const at = (text: string, after: string): string | undefined => {
    const calendar = parseCalendar(text)
    const next = calendar === undefined ? undefined : nextElapse(calendar, Date.parse(after))
    return next === undefined ? undefined : new Date(next).toISOString().slice(0, 19)
  }

  it.each([
    ['daily', '2026-11-21T01:49:00Z', '2026-11-22T00:00:00'],
    ['hourly', '2026-11-21T01:00:00Z', '2026-11-21T02:00:00'],
    ['*:0/15', '2026-11-21T01:49:00Z', '2026-11-21T02:00:00'],
    ['Mon..Fri 10:30', '2026-11-21T01:49:00Z', '2026-11-23T10:30:00'],
    ['*-02-29 00:00:00', '2026-11-21T01:49:00Z', '2028-02-29T00:00:00'],
    ['2026-11-20 00:00:00', '2026-11-21T01:49:00Z', undefined],
  ])('%s after %s is %s', (text, after, wanted) => expect(at(text, after)).toBe(wanted))

  it('refuses what it cannot read', () => expect(parseCalendar('every tuesday')).toBeUndefined())
})

describe('jobs of systemd (Q1)', () => {
  it('starts what a unit requires first, and stops it with it', () => {
    const box = makeBox()
    units(box, {
      'db.service': '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sleep 3\n',
      'app.service': '[Unit]\nRequires=db.service\nAfter=db.service\n[Service]\nExecStart=/bin/sleep 1000\n',
    })
    const { units: systemd } = box.hosts.get('base')
    expect(systemd.start('app')).toEqual({ pending: true })
    expect(systemd.status('app').active).toBe('inactive')
    box.kernel.runUntil(box.kernel.now + 4000)
    expect(systemd.status('db')).toMatchObject({ active: 'active', sub: 'exited' })
    expect(systemd.isActive('app')).toBe(true)
    systemd.stop('db')
    box.kernel.runUntil(box.kernel.now + 1000)
    expect([systemd.isActive('app'), systemd.isActive('db')]).toEqual([false, false])
  })

  it('fails a unit whose requirement fails, and says which', () => {
    const box = makeBox()
    units(box, {
      'db.service': '[Service]\nType=oneshot\nExecStart=/bin/false\n',
      'app.service': '[Unit]\nRequires=db.service\nAfter=db.service\n[Service]\nExecStart=/bin/sleep 1000\n',
      'lost.service': '[Unit]\nRequires=nosuch.service\n[Service]\nExecStart=/bin/sleep 1000\n',
    })
    const { units: systemd } = box.hosts.get('base')
    systemd.start('app')
    box.kernel.runUntil(box.kernel.now + 1000)
    expect(logOf(box, 'app.service')).toEqual([
      'Dependency failed for app.service.',
      "app.service: Job app.service/start failed with result 'dependency'.",
    ])
    expect(systemd.start('lost')).toEqual({ refused: 'not-found', unit: 'nosuch.service' })
  })

  it('takes a bound unit down with the one it is bound to, and restarts parts with their whole', () => {
    const box = makeBox()
    units(box, {
      'a.service': '[Service]\nExecStart=/bin/sleep 5\n',
      'bound.service': '[Unit]\nBindsTo=a.service\nAfter=a.service\n[Service]\nExecStart=/bin/sleep 1000\n',
      'part.service': '[Unit]\nPartOf=cron.service\n[Service]\nExecStart=/bin/sleep 1000\n',
    })
    const { units: systemd } = box.hosts.get('base')
    systemd.start('bound')
    systemd.start('part')
    const before = systemd.status('part').pid
    systemd.restart('cron')
    box.kernel.runUntil(box.kernel.now + 1000)
    expect(systemd.isActive('bound')).toBe(true)
    expect(systemd.isActive('part')).toBe(true)
    expect(systemd.status('part').pid).not.toBe(before)
    box.kernel.runUntil(box.kernel.now + 6000)
    expect(systemd.isActive('bound')).toBe(false)
  })

  it('runs commands before and after, and stops at the first that fails', () => {
    const box = makeBox()
    units(box, {
      'good.service': '[Service]\nExecStartPre=-/bin/false\nExecStart=/bin/sleep 1000\nUser=candidate\n',
      'bad.service': '[Service]\nExecStartPre=/bin/false\nExecStart=/bin/sleep 1000\n',
      'nobody.service': '[Service]\nUser=bob\nExecStart=/bin/sleep 1000\n',
      'kept.service': '[Unit]\nConditionPathExists=/nope\n[Service]\nExecStart=/bin/sleep 1000\n',
    })
    const { units: systemd } = box.hosts.get('base')
    for (const name of ['good', 'bad', 'nobody', 'kept']) systemd.start(name)
    box.kernel.runUntil(box.kernel.now + 1000)
    expect(systemd.status('bad')).toMatchObject({ active: 'failed', result: 'exit-code' })
    expect(systemd.isActive('good')).toBe(true)
    expect(systemd.status('nobody')).toMatchObject({ active: 'failed', exit: { code: 217 } })
    expect(systemd.status('kept')).toMatchObject({ active: 'inactive', unmet: { text: 'ConditionPathExists=/nope' } })
    expect(logOf(box, 'kept.service')).toEqual([
      'kept.service was skipped because of an unmet condition check (ConditionPathExists=/nope).',
    ])
  })

  it('fires timers by calendar and by span, also over a snapshot', () => {
    const run = (interrupt: boolean): string[] => {
      const box = makeBox()
      units(box, {
        'tick.timer': '[Timer]\nOnActiveSec=10\nOnUnitActiveSec=20\n',
        'tick.service': '[Service]\nType=oneshot\nExecStart=/bin/true\n',
      })
      box.hosts.get('base').units.start('tick.timer')
      box.kernel.runUntil(box.kernel.now + 15_000)
      if (interrupt) box.kernel.restore(box.kernel.snapshot())
      box.kernel.runUntil(box.kernel.now + 50_000)
      return logOf(box, 'tick.service').filter((text) => text.startsWith('Finished'))
    }
    expect(run(false)).toHaveLength(3)
    expect(run(true)).toEqual(run(false))
  })

  it('asks a function for the address of a program', () => {
    const box = makeBox()
    const asked: string[] = []
    box.hosts.registerProgram('kube-apiserver', (host) => {
      asked.push(host)
      return host === 'node-1' ? 'api/node-1' : undefined
    })
    expect(box.hosts.programAddress('kube-apiserver', 'node-1')).toBe('api/node-1')
    expect(box.hosts.programAddress('kube-apiserver', 'base')).toBeUndefined()
    expect(asked).toEqual(['node-1', 'base'])
  })
})

describe('what a boot makes of a host (Q7)', () => {
  it('keeps of sysctls, modules and swap what files say', () => {
    const { run, hosts, kernel } = makeBox()
    run('sysctl -w vm.swappiness=1')
    run('sysctl -w kernel.panic=1')
    run('modprobe ip_vs_rr')
    run('fallocate -l 1G /swap.img')
    run('swapon /swap.img')
    const { files } = hosts.get('base')
    files.put('/etc/sysctl.d/99.conf', 'vm.swappiness = 1\n')
    expect(run('swapon --show').out).toContain('/swap.img file   1G   0B   -2')
    hosts.reboot('base')
    kernel.runUntil(kernel.now + 30_000)
    expect(run(['sysctl', 'vm.swappiness', 'kernel.panic']).out).toBe('vm.swappiness = 1\nkernel.panic = 10\n')
    expect(run('lsmod').out).not.toContain('ip_vs_rr')
    expect(run('swapon --show').out).toBe('')
    files.put('/etc/fstab', '/swap.img none swap sw 0 0\n')
    hosts.reboot('base')
    kernel.runUntil(kernel.now + 30_000)
    expect(run('swapon --show').out).toContain('/swap.img')
  })

  it('has no room for what is larger than the disk', () => {
    const { run } = makeBox()
    expect(run('fallocate -l 60G /big')).toMatchObject({
      code: 1,
      err: 'fallocate: fallocate failed: No space left on device\n',
    })
    expect(run('fallocate -l 30G /big').code).toBe(0)
    expect(run('df -h /').out).toMatch(/\/dev\/vda1 +40G +3\dG/)
  })
})

describe('keys and rights (Q5, Q9)', () => {
  it('lets in who holds a key, and notices a new host key', () => {
    const { run, hosts } = makeBox()
    const as = { user: 'candidate' }
    expect(run('ssh node-1 hostname', as)).toMatchObject({ out: 'node-1\n', code: 0 })
    hosts.get('base').files.chmod('/home/candidate/.ssh/id_ed25519', 0o644)
    expect(run('ssh node-1 hostname', as).err).toContain(
      "Permissions 0644 for '/home/candidate/.ssh/id_ed25519' are too open.",
    )
    hosts.get('base').files.chmod('/home/candidate/.ssh/id_ed25519', 0o600)
    hosts.get('node-1').files.remove('/etc/ssh/ssh_host_ed25519_key-cert.pub')
    expect(run('ssh node-1 hostname', as)).toMatchObject({ err: 'Host key verification failed.\n', code: 255 })
    expect(run('ssh -o StrictHostKeyChecking=accept-new node-1 hostname', as).out).toBe('node-1\n')
    expect(run('ssh node-1 hostname', as).out).toBe('node-1\n')
  })

  it('gives what sudoers gives', () => {
    const { run, hosts } = makeBox()
    run('useradd -m ops')
    expect(run('sudo -n true', { user: 'ops' })).toMatchObject({ err: 'sudo: a password is required\n', code: 1 })
    hosts.get('base').files.put('/etc/sudoers.d/ops', 'ops ALL=(root) NOPASSWD: /usr/bin/whoami\n')
    expect(run('sudo whoami', { user: 'ops' }).out).toBe('root\n')
    expect(run('sudo -n id', { user: 'ops' }).code).toBe(1)
    expect(run('sudo whoami', { user: 'candidate' }).out).toBe('root\n')
  })
})
