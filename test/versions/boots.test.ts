/** Every release on offer has its images and boots; up to 1.23 its nodes run Docker. */
import { describe, expect, it } from 'vitest'
import { preloadedImages } from '../../engine/cluster/manifests.ts'
import { planCluster } from '../../engine/cluster/plan.ts'
import { Flight } from '../../engine/index.ts'
import { resolveImage } from '../../engine/kubelet/images/catalogue.ts'
import { parseImageReference } from '../../engine/kubelet/images/reference.ts'
import { readSettings } from '../../engine/kubelet/settings/settings.ts'
import type { Machine } from '../../engine/kubelet/settings/settings.ts'
import { dockerProblem } from '../../engine/kubelet/dockershim.ts'
import { RELEASES, dockerOf } from '../../engine/versions/index.ts'

const MINORS = Object.keys(RELEASES).map(Number)
const OPTIONS = { seed: '1', epochMs: Date.UTC(2026, 0, 1), controlPlanes: 1, workers: 0 }

function missingImages(release: string, minor: number): string[] {
  const plan = planCluster({ ...OPTIONS, release })
  return preloadedImages(plan, plan.controlPlanes[0]!).filter((image) => {
    const found = resolveImage(parseImageReference(image)!, minor)
    return 'error' in found
  })
}

describe('a release', () => {
  it('has the images of each of its patches', () => {
    for (const { minor, patches } of Object.values(RELEASES))
      for (const patch of patches) expect(missingImages(`1.${minor}.${patch}`, minor)).toEqual([])
  })

  it.each(MINORS)('1.%i boots, and its node says which runtime it has', async (minor) => {
    const flight = await Flight.launch({ ...OPTIONS, addons: false, release: `1.${minor}` })
    const { stdout } = await flight.script('kubectl get nodes -o wide --no-headers')
    expect(stdout).toMatch(/^controlplane +Ready /)
    expect(stdout.trim().split(/\s+/).at(-1)).toMatch(
      minor <= 23 ? /^docker:\/\/(18|19|20)\.\d+\.\d+$/ : /^containerd:/,
    )
  })
})

const machine = (minor: number, given: Partial<Machine> = {}): Machine => ({
  read: () => undefined,
  list: () => undefined,
  clockMs: 0,
  hostName: 'n1',
  version: `1.${minor}.0`,
  minor,
  isDirectory: () => false,
  runtimeProblem: (endpoint) => `unknown service runtime.v1.RuntimeService at ${endpoint}`,
  hasDocker: true,
  dockerProblem: (driver) => dockerProblem(true, driver, '{"exec-opts": ["native.cgroupdriver=systemd"]}'),
  swaps: '',
  knowsGate: () => true,
  ...given,
})

function refused(flags: string[], facts: Machine): string | undefined {
  const reading = readSettings(['kubelet', ...flags], facts)
  return 'refused' in reading ? reading.refused : undefined
}

describe('the kubelet of an old release on Docker (O4)', () => {
  it('speaks to Docker up to 1.23, unless told otherwise', () => {
    expect(refused(['--cgroup-driver=systemd', '--network-plugin=cni'], machine(23))).toBeUndefined()
    expect(refused(['--container-runtime=remote'], machine(23))).toContain('unknown service runtime.v1')
    expect(refused([], machine(24))).toContain('unknown service runtime.v1')
    expect(refused(['--network-plugin=cni'], machine(24))).toBe(
      'failed to parse kubelet flag: unknown flag: --network-plugin',
    )
  })

  it('ends without the daemon, and when the cgroup drivers differ', () => {
    expect(refused([], machine(20))).toBe(
      'failed to run Kubelet: misconfiguration: kubelet cgroup driver: "cgroupfs" is different from docker cgroup driver: "systemd"',
    )
    const down = machine(20, { dockerProblem: (driver) => dockerProblem(false, driver, undefined) })
    expect(refused([], down)).toBe(
      'failed to run Kubelet: failed to get docker version: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    )
  })

  it('goes with a Docker that was validated for its release', () => {
    const versions = MINORS.flatMap((minor) => dockerOf(minor)?.semantic ?? [])
    expect(versions).toHaveLength(12)
    expect(new Set(versions)).toEqual(new Set(['18.6.3', '18.9.9', '19.3.15', '20.10.12']))
  })
})
