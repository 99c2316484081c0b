/** containerd as somebody types it, and ifconfig and route beside ip (Q6, Q8). */
import { describe, expect, it } from 'vitest'
import { makeBox } from './box.ts'

describe('containerd', () => {
  it('prints its defaults as TOML, which a shell turns into a configuration', () => {
    const { run } = makeBox()
    const { out, code } = run('containerd config default')
    expect(code).toBe(0)
    expect(out.split('\n').slice(0, 3)).toEqual(['disabled_plugins = []', 'imports = []', 'oom_score = 0'])
    expect(out).toContain('\n          [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\n')
    expect(out).toContain('\n            SystemdCgroup = false\n')
    expect(out).toContain('\n    [[plugins."io.containerd.transfer.v1.local".unpack_config]]\n      differ = ""\n')
  })

  it('dumps what a file changes', () => {
    const { run, hosts } = makeBox()
    hosts
      .get('base')
      .files.write(
        '/etc/containerd/config.toml',
        'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "registry.k8s.io/pause:3.10"\n',
      )
    const { out } = run('containerd config dump')
    expect(out).toContain('\nimports = ["/etc/containerd/config.toml"]\n')
    expect(out).toContain('\n    sandbox_image = "registry.k8s.io/pause:3.10"\n')
  })

  it('still runs as a unit', () => {
    const { run } = makeBox()
    expect(run('systemctl restart containerd').code).toBe(0)
    expect(run('systemctl is-active containerd').out).toBe('active\n')
  })
})

describe('net-tools', () => {
  it('shows interfaces and routes as ip does', () => {
    const { run } = makeBox()
    expect(run('ifconfig lo').out).toMatch(
      /^lo: flags=73<UP,LOOPBACK,RUNNING> {2}mtu 65536\n {8}inet 127\.0\.0\.1 {2}netmask 255\.0\.0\.0\n/,
    )
    expect(run('route -n').out).toMatch(
      /^Kernel IP routing table\nDestination {5}Gateway {9}Genmask {9}Flags Metric Ref {4}Use Iface\n0\.0\.0\.0 /,
    )
    expect(run('ifconfig eth9')).toMatchObject({
      err: 'eth9: error fetching interface information: Device not found\n',
      code: 1,
    })
  })
})
