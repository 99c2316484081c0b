import { describe, expect, it } from 'vitest'
import { makeBox } from './box.ts'

describe('systemctl (Q1)', () => {
  it('prints the status of a running and of an unknown unit', () => {
    const { run } = makeBox()
    const status = run('systemctl status containerd')
    expect(status.code).toBe(0)
    expect(status.out.split('\n').slice(0, 6)).toEqual([
      '● containerd.service - containerd container runtime',
      '     Loaded: loaded (/usr/lib/systemd/system/containerd.service; enabled; preset: enabled)',
      expect.stringMatching(/^ {5}Active: active \(running\) since Sat 2026-11-21 01:49:00 UTC; \ds ago$/),
      '       Docs: https://containerd.io',
      expect.stringMatching(
        /^ {4}Process: \d+ ExecStartPre=\/sbin\/modprobe overlay \(code=exited, status=0\/SUCCESS\)$/,
      ),
      expect.stringMatching(/^ {3}Main PID: \d+ \(containerd\)$/),
    ])
    expect(run('systemctl status nosuch')).toEqual({
      out: '',
      err: 'Unit nosuch.service could not be found.\n',
      code: 4,
    })
  })

  it('stops, starts, and waits for a notify unit', () => {
    const { run, kernel } = makeBox()
    expect(run('systemctl stop containerd')).toEqual({ out: '', err: '', code: 0 })
    expect(run('systemctl is-active containerd')).toEqual({ out: 'inactive\n', err: '', code: 3 })
    const before = kernel.now
    expect(run('systemctl start containerd').code).toBe(0)
    expect(kernel.now - before).toBeGreaterThanOrEqual(300)
    expect(run('systemctl is-active containerd')).toEqual({ out: 'active\n', err: '', code: 0 })
  })

  it('enables, disables, masks as links, with the texts of systemctl', () => {
    const { run } = makeBox()
    expect(run('systemctl disable cron').err).toBe(
      'Removed "/etc/systemd/system/multi-user.target.wants/cron.service".\n',
    )
    expect(run('systemctl is-enabled cron')).toMatchObject({ out: 'disabled\n', code: 1 })
    expect(run('systemctl enable cron').err).toBe(
      'Created symlink /etc/systemd/system/multi-user.target.wants/cron.service → /usr/lib/systemd/system/cron.service.\n',
    )
    expect(run('systemctl mask cron').err).toBe('Created symlink /etc/systemd/system/cron.service → /dev/null.\n')
    run('systemctl stop cron')
    expect(run('systemctl start cron')).toMatchObject({
      err: 'Failed to start cron.service: Unit cron.service is masked.\n',
      code: 1,
    })
  })

  it('refuses as systemctl does', () => {
    const { run } = makeBox()
    expect(run('systemctl start nosuch')).toMatchObject({
      err: 'Failed to start nosuch.service: Unit nosuch.service not found.\n',
      code: 5,
    })
    expect(run('systemctl stop nosuch')).toMatchObject({
      err: 'Failed to stop nosuch.service: Unit nosuch.service not loaded.\n',
      code: 5,
    })
    expect(run('systemctl enable nosuch')).toMatchObject({
      err: 'Failed to enable unit: Unit file nosuch.service does not exist.\n',
      code: 1,
    })
    expect(run('systemctl kubelet status')).toMatchObject({ err: 'Unknown command verb kubelet.\n', code: 1 })
    expect(run('systemctl start')).toMatchObject({ err: 'Too few arguments.\n', code: 1 })
    expect(run('systemctl stop cron', { user: 'candidate' })).toMatchObject({
      err: "Failed to stop cron.service: Interactive authentication required.\nSee system logs and 'systemctl status cron.service' for details.\n",
      code: 1,
    })
  })
})

describe('journalctl (Q2)', () => {
  it('shows the lines of a unit, and that there are none', () => {
    const { run } = makeBox()
    expect(run('journalctl -u cron -n 1 --no-pager').out).toMatch(/^Nov 21 01:49:00 base \w+\[\d+\]: /)
    expect(run('journalctl -u nosuch')).toEqual({ out: '-- No entries --\n', err: '', code: 0 })
    expect(run(['journalctl', '--since', 'foo'])).toMatchObject({ err: 'Failed to parse timestamp: foo\n', code: 1 })
    expect(run('journalctl -u containerd -o cat -p err').out).toBe('-- No entries --\n')
  })

  it('follows what comes', () => {
    const { run, hosts, kernel } = makeBox()
    kernel.send(
      { to: 'hosts', type: 'unit.log', data: { host: 'base', unit: 'cron.service', pid: 1, text: 'hello' } },
      3000,
    )
    expect(run('journalctl -fu cron', { forMs: 5000 }).out).toMatch(/hello\n$/)
    expect(hosts.get('base').journal.lastSeq).toBeGreaterThan(0)
  })
})

describe('ssh and sudo (Q5, Q9)', () => {
  it('runs a command elsewhere with its exit code', () => {
    const { run } = makeBox()
    expect(run('ssh node-1 hostname', { user: 'candidate' })).toEqual({ out: 'node-1\n', err: '', code: 0 })
    expect(run('ssh node-1 sudo whoami', { user: 'candidate' }).out).toBe('root\n')
    expect(run('ssh node-1 systemctl is-active nosuch').code).toBe(3)
    expect(run('ssh node-1 nosuchcmd')).toMatchObject({
      err: 'bash: line 1: nosuchcmd: command not found\n',
      code: 127,
    })
  })

  it('says why it cannot', () => {
    const { run, hosts, fabric, kernel } = makeBox()
    expect(run('ssh nosuch')).toMatchObject({
      err: 'ssh: Could not resolve hostname nosuch: Name or service not known\n',
      code: 255,
    })
    run('ssh node-1 systemctl stop ssh')
    expect(run('ssh node-1')).toMatchObject({
      err: 'ssh: connect to host node-1 port 22: Connection refused\n',
      code: 255,
    })
    fabric.cut('base', 'node-1')
    expect(run('ssh -o ConnectTimeout=5 node-1')).toMatchObject({
      err: 'ssh: connect to host node-1 port 22: Connection timed out\n',
      code: 255,
    })
    hosts.crash('node-1')
    const before = kernel.now
    expect(run('ssh node-1')).toMatchObject({
      err: 'ssh: connect to host node-1 port 22: No route to host\n',
      code: 255,
    })
    expect(kernel.now - before).toBe(3000)
  })

  it('becomes root', () => {
    const { run } = makeBox()
    expect(run('sudo id', { user: 'candidate' }).out).toBe('uid=0(root) gid=0(root) groups=0(root)\n')
    expect(run('sudo nosuch', { user: 'candidate' })).toMatchObject({
      err: 'sudo: nosuch: command not found\n',
      code: 1,
    })
    expect(run('sudo -n true', { user: 'nobody' })).toMatchObject({ err: 'sudo: a password is required\n', code: 1 })
  })
})

describe('file tools (Q7, Q9)', () => {
  it('lists in long form', () => {
    const { run } = makeBox()
    run('mkdir /tmp/a')
    run('touch /tmp/a/x.yaml')
    run('ln -s x.yaml /tmp/a/link')
    expect(run('ls -l /tmp/a').out).toBe(
      'total 0\nlrwxrwxrwx 1 root root 6 Nov 21 01:49 link -> x.yaml\n-rw-r--r-- 1 root root 0 Nov 21 01:49 x.yaml\n',
    )
    expect(run('ls /nope')).toMatchObject({ err: "ls: cannot access '/nope': No such file or directory\n", code: 2 })
  })

  it('copies, moves, removes, and says why not', () => {
    const { run, hosts } = makeBox()
    run('mkdir -p /tmp/d/e')
    run('cp /etc/hostname /tmp/d/e')
    run('cp -r /tmp/d /tmp/f')
    expect(hosts.get('base').files.text('/tmp/f/e/hostname')).toBe('base\n')
    expect(run('cp /tmp/d /tmp/g').err).toBe("cp: -r not specified; omitting directory '/tmp/d'\n")
    run('mv /tmp/f/e/hostname /tmp/name')
    expect(run('ls /tmp/f/e').out).toBe('')
    expect(run('mv /x /y').err).toBe("mv: cannot stat '/x': No such file or directory\n")
    expect(run('rm x').err).toBe("rm: cannot remove 'x': No such file or directory\n")
    expect(run('rm -rf /tmp/d').code).toBe(0)
    expect(run('cp /etc/hostname /etc/x', { user: 'candidate' }).err).toBe(
      "cp: cannot create regular file '/etc/x': Permission denied\n",
    )
    run('chmod 600 /tmp/name')
    expect(run('stat -c %a:%U:%s /tmp/name').out).toBe('600:root:5\n')
  })
})

describe('network tools (Q6)', () => {
  it('says how a connection fails', () => {
    const { run } = makeBox()
    expect(run('curl http://172.30.1.2:9999/')).toMatchObject({
      code: 7,
      err: expect.stringContaining(
        "curl: (7) Failed to connect to 172.30.1.2 port 9999 after 0 ms: Couldn't connect to server\n",
      ),
    })
    expect(run('curl -sS nope.default')).toMatchObject({
      err: 'curl: (6) Could not resolve host: nope.default\n',
      code: 6,
    })
    expect(run('curl -s htp://x')).toMatchObject({ err: '', code: 1 })
    expect(run('wget -T 2 http://172.30.1.2:9999/')).toMatchObject({
      code: 4,
      err: '--2026-11-21 01:49:02--  http://172.30.1.2:9999/\nConnecting to 172.30.1.2:9999... failed: Connection refused.\n',
    })
    expect(run('nc -zv 172.30.1.2 22').err).toBe('Connection to 172.30.1.2 22 port [tcp/ssh] succeeded!\n')
    expect(run('nc -zv 172.30.1.2 9999')).toMatchObject({
      code: 1,
      err: 'nc: connect to 172.30.1.2 port 9999 (tcp) failed: Connection refused\n',
    })
  })

  it('shows interfaces, routes and sockets', () => {
    const { run } = makeBox()
    expect(run('ip addr show eth0').out).toContain('    inet 172.30.1.10/24 brd 172.30.1.255 scope global eth0\n')
    expect(run('ip route').out).toBe(
      'default via 172.30.1.1 dev eth0 \n172.30.1.0/24 dev eth0 proto kernel scope link src 172.30.1.10 \n',
    )
    expect(run('ip link show eth9')).toMatchObject({ err: 'Device "eth9" does not exist.\n', code: 1 })
    expect(run('ss -tlnp').out).toContain('users:(("sshd",pid=')
    expect(run('netstat -tlnp').out).toMatch(
      /^Active Internet connections \(only servers\)\nProto Recv-Q Send-Q Local Address {11}Foreign Address {9}State {7}PID\/Program name {4}\n/,
    )
  })

  it('pings a host that is up', () => {
    const { run } = makeBox()
    const ping = run('ping -c 2 node-1')
    expect(ping.out).toContain('PING node-1 (172.30.1.2) 56(84) bytes of data.\n')
    expect(ping.out).toContain('2 packets transmitted, 2 received, 0% packet loss')
  })
})

describe('processes and resources (Q7)', () => {
  it('shows the daemons, and kills them', () => {
    const { run, hosts } = makeBox()
    expect(run('pgrep containerd').out).toBe(`${hosts.get('base').units.status('containerd').pid}\n`)
    expect(run('ps aux').out).toContain(' /usr/bin/containerd\n')
    expect(run('pkill containerd', { user: 'candidate' }).err).toContain('Operation not permitted')
    run('pkill -9 containerd')
    expect(run('systemctl is-active containerd', { forMs: 100 }).out).not.toBe('active\n')
    expect(run('free -h').out.split('\n')[0]).toBe(
      '               total        used        free      shared  buff/cache   available',
    )
    expect(run('crictl ps').out).toBe('')
  })
})
