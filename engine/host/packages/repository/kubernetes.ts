/**
 * The repositories of Kubernetes: pkgs.k8s.io with one a minor (1.24 on), and the old apt.kubernetes.io with
 * all of them up to 1.28. Models kubernetes/release cmd/krel/templates (A, Q3). Revisions are `-1.1` and `-00` throughout.
 */
import { RELEASES, NEWEST_MINOR, OLDEST_MINOR } from '../../../versions/releases.ts'
import { parseVersion } from '../../../versions/version.ts'
import { makeBinary } from '../../binary.ts'
import type { DebFile } from '../deb.ts'
import type { OfferedPackage, Repository } from './model.ts'

export const KUBELET_UNIT = `[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
`

export const KUBELET_DROP_IN = `# Note: This dropin only works with kubeadm and kubelet v1.11+
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
# This is a file that "kubeadm init" and "kubeadm join" generates at runtime, populating the KUBELET_KUBEADM_ARGS variable dynamically
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
# This is a file that the user can use for overrides of the kubelet args as a last resort. Preferably, the user should use
# the .NodeRegistration.KubeletExtraArgs object in the configuration files instead. KUBELET_EXTRA_ARGS should be sourced from this file.
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`

/** The first minor with a repository of its own; the last that the old one has. */
const FIRST_OWN_MINOR = 24
const LAST_OLD = { minor: 28, patch: 2 }
const MAINTAINER = 'Kubernetes Authors <dev@kubernetes.io>'
const HOMEPAGE = 'https://kubernetes.io'
const CNI_PLUGINS = ['bandwidth', 'bridge', 'dhcp', 'dummy', 'firewall', 'host-device', 'host-local', 'ipvlan', 'loopback', 'macvlan', 'portmap', 'ptp', 'sbr', 'static', 'tap', 'tuning', 'vlan', 'vrf'] // prettier-ignore

/** The plugins and tools that a minor's repository has beside it. */
const CNI: Record<number, string> = { 29: '1.3.0', 30: '1.4.0', 31: '1.5.1', 32: '1.6.0', 33: '1.6.0', 34: '1.7.1', 35: '1.8.0', 36: '1.9.0' } // prettier-ignore
const CRI_TOOLS: Record<number, string> = { 30: '1.30.1', 31: '1.31.1' }

function cniVersion(minor: number): string {
  return (
    CNI[minor] ??
    (minor >= 26 ? '1.2.0' : minor >= 24 ? '1.1.1' : minor >= 19 ? '0.8.7' : minor >= 14 ? '0.7.5' : '0.6.0')
  )
}

function binary(path: string, program: string, version: string, sizeBytes: number): DebFile {
  return { path, text: makeBinary(program, version), mode: 0o755, sizeBytes }
}

/** [archive, installed] in bytes, about; they grow with the minors. */
function sizes(name: Kind, { minor, patch }: { minor: number; patch: number }): [number, number] {
  const [packed, full] = SIZES[name]
  const grown = 0.7 + minor / 120 + patch / 2000
  return [Math.round(packed * grown), Math.round(full * grown)]
}

type Kind = 'kubeadm' | 'kubelet' | 'kubectl'

const SIZES: Record<Kind, readonly [packed: number, full: number]> = {
  kubeadm: [12_700_000, 71_000_000],
  kubelet: [15_900_000, 82_000_000],
  kubectl: [11_700_000, 58_000_000],
}

/** What each depends on; `-00` packages ask for the same as those of their time. */
function dependsOf(name: Kind, minor: number): string | undefined {
  if (name === 'kubectl') return undefined
  if (name === 'kubeadm') {
    if (minor >= 32) return undefined
    if (minor >= 30) return 'cri-tools (>= 1.30.0)'
    const own = minor >= 24 ? '1.19.0' : minor >= 13 ? '1.13.0' : '1.6.0'
    return `kubelet (>= ${own}), kubectl (>= ${own}), kubernetes-cni (>= ${kubeletCni(minor)}), cri-tools (>= ${minor >= 28 ? '1.28.0' : minor >= 25 ? '1.25.0' : '1.11.0'})`
  }
  const cni = `kubernetes-cni (>= ${kubeletCni(minor)})`
  const common = `iptables (>= 1.4.21), ${cni}, iproute2, mount, util-linux`
  if (minor >= 35) return `${cni}, mount, util-linux`
  if (minor >= 30) return `${common}, conntrack, ethtool, socat`
  return `${common}, conntrack, ebtables, ethtool, socat`
}

function kubeletCni(minor: number): string {
  return minor >= 28 ? '1.2.0' : minor >= 25 ? '1.1.1' : minor >= 19 ? '0.8.7' : minor >= 14 ? '0.7.5' : '0.6.0'
}

const DESCRIPTION: Record<Kind, string> = {
  kubeadm: 'Command-line utility for administering a Kubernetes cluster',
  kubelet: 'Node agent for Kubernetes clusters',
  kubectl: 'Command-line utility for interacting with a Kubernetes cluster',
}

function filesOf(name: Kind, version: string, sizeBytes: number, old: boolean): DebFile[] {
  const own = binary(`/usr/bin/${name}`, name, version, sizeBytes)
  const units = '/usr/lib/systemd/system'
  if (name === 'kubeadm') {
    const where = old ? '/etc/systemd/system/kubelet.service.d' : `${units}/kubelet.service.d`
    return [own, { path: `${where}/10-kubeadm.conf`, text: KUBELET_DROP_IN, ...(old && { conffile: true }) }]
  }
  if (name === 'kubectl') return [own]
  return [
    own,
    { path: `${units}/kubelet.service`, text: KUBELET_UNIT },
    ...(old ? [] : [{ path: '/etc/default/kubelet', text: 'KUBELET_EXTRA_ARGS=\n', conffile: true } as const]),
  ]
}

function component(name: Kind, version: string, revision: string): OfferedPackage {
  const { minor, patch } = parseVersion(version) ?? { minor: 0, patch: 0 }
  const [sizeBytes, full] = sizes(name, { minor, patch })
  const old = revision === '00'
  const depends = dependsOf(name, minor)
  return {
    name,
    version: `${version}-${revision}`,
    section: old ? 'misc' : name === 'kubelet' ? 'net' : 'admin',
    ...(depends !== undefined && { depends }),
    description: DESCRIPTION[name],
    sizeBytes,
    installedKb: Math.round(full / 1024),
    files: filesOf(name, version, full, old),
    ...(old && name === 'kubelet' && { scripts: { enable: ['kubelet'], restart: ['kubelet'] } }),
    maintainer: MAINTAINER,
    homepage: HOMEPAGE,
  }
}

function cni(version: string, revision: string): OfferedPackage {
  return {
    name: 'kubernetes-cni',
    version: `${version}-${revision}`,
    section: revision === '00' ? 'misc' : 'admin',
    description: 'Binaries required to provision kubernetes container networking',
    sizeBytes: 37_200_000,
    installedKb: 88_000,
    files: CNI_PLUGINS.map((plugin) => binary(`/opt/cni/bin/${plugin}`, `cni-${plugin}`, version, 4_200_000)),
    maintainer: MAINTAINER,
    homepage: HOMEPAGE,
  }
}

function criTools(version: string, revision: string): OfferedPackage {
  return {
    name: 'cri-tools',
    version: `${version}-${revision}`,
    section: revision === '00' ? 'misc' : 'admin',
    description: 'Command-line utility for interacting with a container runtime',
    sizeBytes: 16_500_000,
    installedKb: 38_400,
    files: [binary('/usr/bin/crictl', 'crictl', version, 39_000_000)],
    maintainer: MAINTAINER,
    homepage: HOMEPAGE,
  }
}

const KINDS: readonly Kind[] = ['kubeadm', 'kubectl', 'kubelet']

function published(minor: number, upTo = Infinity): string[] {
  return (RELEASES[minor]?.patches ?? []).filter((patch) => patch <= upTo).map((patch) => `1.${minor}.${patch}`)
}

const built = new Map<string, Repository>()

function once(name: string, make: () => Repository): Repository {
  const known = built.get(name)
  if (known !== undefined) return known
  const made = make()
  built.set(name, made)
  return made
}

/** pkgs.k8s.io's repository of a minor; undefined: there is none. */
export function minorRepository(minor: number): Repository | undefined {
  if (minor < FIRST_OWN_MINOR || minor > NEWEST_MINOR) return undefined
  return once(`v1.${minor}`, () => {
    const label = `isv:kubernetes:core:stable:v1.${minor}`
    const versions = published(minor)
    return {
      base: `pkgs.k8s.io/core:/stable:/v1.${minor}/deb`,
      shownAs: `https://prod-cdn.packages.k8s.io/repositories/isv:/kubernetes:/core:/stable:/v1.${minor}/deb`,
      components: {
        '': [
          criTools(CRI_TOOLS[minor] ?? `1.${minor}.0`, '1.1'),
          ...KINDS.flatMap((kind) => versions.map((version) => component(kind, version, '1.1'))),
          cni(cniVersion(minor), '1.1'),
        ],
      },
      release: {
        Origin: `obs://build.opensuse.org/${label}/deb`,
        Label: label,
        Codename: 'deb',
        Architectures: 'amd64',
      },
      key: { id: '234654DA9A296436', owner: 'isv:kubernetes OBS Project <isv:kubernetes@build.opensuse.org>' },
      releaseBytes: 1186,
    }
  })
}

/** apt.kubernetes.io: every minor up to 1.28 in one. */
export function oldRepository(): Repository {
  return once('kubernetes-xenial', () => {
    const minors = Array.from({ length: LAST_OLD.minor - OLDEST_MINOR + 1 }, (_, i) => OLDEST_MINOR + i)
    const versions = minors.flatMap((minor) => published(minor, minor === LAST_OLD.minor ? LAST_OLD.patch : Infinity))
    const cnis = ['0.6.0', '0.7.5', '0.8.7', '1.1.1', '1.2.0']
    const tools = ['1.11.1', '1.13.0', '1.19.0', '1.23.0', '1.24.2', '1.25.0', '1.26.0']
    return {
      base: 'apt.kubernetes.io',
      shownAs: 'https://packages.cloud.google.com/apt',
      suite: 'kubernetes-xenial',
      components: {
        main: [
          ...tools.map((version) => criTools(version, '00')),
          ...KINDS.flatMap((kind) => versions.map((version) => component(kind, version, '00'))),
          ...cnis.map((version) => cni(version, '00')),
        ],
      },
      release: { Origin: 'kubernetes-xenial', Label: 'kubernetes-xenial', Suite: 'kubernetes-xenial', Codename: 'kubernetes-xenial', Architectures: 'amd64', Components: 'main' }, // prettier-ignore
      key: {
        id: 'B53DC80D13EDEF05',
        owner: 'Rapture Automatic Signing Key (cloud-rapture-signing-key-2022-03-07-08_01_01_pub)',
      },
      releaseBytes: 8993,
    }
  })
}

/** Where a host of a release takes its packages from. */
export function repositoryOf(version: string): Repository {
  return minorRepository(parseVersion(version)?.minor ?? NEWEST_MINOR) ?? oldRepository()
}

/** `1.34.1-1.1`, `1.18.0-00`: the package version of a release in its repository. */
export function packageVersion(version: string): string {
  return `${version.replace(/^v/, '')}-${repositoryOf(version).suite === undefined ? '1.1' : '00'}`
}

/** The newest cri-tools or kubernetes-cni that a release's packages work with. */
export function companions(version: string): OfferedPackage[] {
  const minor = parseVersion(version)?.minor ?? NEWEST_MINOR
  const all = Object.values(repositoryOf(version).components).flat()
  const wanted = minor >= FIRST_OWN_MINOR ? undefined : `${cniVersion(minor)}-00`
  const tools = all.filter(({ name }) => name === 'cri-tools')
  const plugins = all.filter(({ name, version: own }) => name === 'kubernetes-cni' && (wanted ?? own) === own)
  return [tools.at(-1), plugins.at(-1)].filter((one) => one !== undefined)
}
