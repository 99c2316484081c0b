/** The packages of a host before anybody touches it: Ubuntu's own in the base tree, those of a cluster's node on top. */
import { binaryAttributes } from '../binary.ts'
import type { FileTree } from '../files.ts'
import { listText } from './dpkg-run.ts'
import { DOCKERSHIM_SOCKET } from '../../versions/docker.ts'
import type { DockerRelease } from '../../versions/docker.ts'
import { DAEMON_JSON, dockerPackages } from './repository/docker.ts'
import { companions, packageVersion, repositoryOf } from './repository/kubernetes.ts'
import { debOf, keyText, packagesText, releaseText } from './repository/model.ts'
import type { OfferedPackage, Repository } from './repository/model.ts'
import { UBUNTU_REPOSITORIES, UBUNTU_SOURCES, freshPackages } from './repository/ubuntu.ts'
import { listName } from './sources.ts'
import { EXTENDED, INFO, STATUS, installedRow, makeExtended, makeStatus, parseExtended, parseStatus } from './status.ts'
import type { Installed } from './status.ts'
import { LISTS } from './system.ts'

/** The files of apt and dpkg on a fresh Ubuntu host: path → text. */
export function ubuntuPackageFiles(): [path: string, text: string][] {
  const key = UBUNTU_REPOSITORIES[0]?.key
  const rows = freshPackages().map((one) => installedRow(debOf(one).control))
  return [
    [STATUS, makeStatus(rows)],
    [EXTENDED, ''],
    ['/var/lib/dpkg/arch', 'amd64\n'],
    ['/var/lib/dpkg/lock-frontend', ''],
    ['/etc/apt/sources.list', '# Ubuntu sources have moved to /etc/apt/sources.list.d/ubuntu.sources\n'],
    ['/etc/apt/sources.list.d/ubuntu.sources', UBUNTU_SOURCES],
    ['/usr/share/keyrings/ubuntu-archive-keyring.gpg', key === undefined ? '' : keyText(key)],
    ...UBUNTU_REPOSITORIES.flatMap((repository) => listsOf(repository, 'http')),
    ...BASE_PROGRAMS.map(([name, paths]): [string, string] => [
      `${INFO}/${name}.list`,
      listText(paths.map((path) => ({ path, text: '' }))),
    ]),
  ]
}

/** Which package of the base tree owns which program: for `dpkg -S` and for removals. */
const BASE_PROGRAMS: readonly (readonly [string, readonly string[]])[] = [
  ['bind9-dnsutils', ['/usr/bin/dig', '/usr/bin/nslookup']],
  ['bind9-host', ['/usr/bin/host']],
  ['containerd', ['/usr/bin/containerd', '/usr/bin/containerd-shim-runc-v2', '/usr/lib/systemd/system/containerd.service']], // prettier-ignore
  ['curl', ['/usr/bin/curl']],
  ['iproute2', ['/usr/bin/ip', '/usr/bin/ss']],
  ['iputils-ping', ['/usr/bin/ping']],
  ['jq', ['/usr/bin/jq']],
  ['less', ['/usr/bin/less']],
  ['nano', ['/usr/bin/nano']],
  ['net-tools', ['/usr/bin/netstat', '/usr/sbin/ifconfig', '/usr/sbin/route']],
  ['netcat-openbsd', ['/usr/bin/nc']],
  ['openssh-client', ['/usr/bin/ssh']],
  ['openssl', ['/usr/bin/openssl']],
  ['tree', ['/usr/bin/tree']],
  ['vim', ['/usr/bin/vim', '/usr/bin/vi']],
  ['wget', ['/usr/bin/wget']],
]

/** What an earlier `apt-get update` left of a repository. */
function listsOf(repository: Repository, scheme: string): [string, string][] {
  const { base, suite } = repository
  const at = `${scheme}://${base}/`
  const release = suite === undefined ? 'InRelease' : `dists/${suite}/InRelease`
  const index = (component: string): string =>
    suite === undefined ? 'Packages' : `dists/${suite}/${component}/binary-amd64/Packages`
  return [
    [`${LISTS}/${listName(at + release)}`, releaseText(repository)],
    ...Object.keys(repository.components).map((component): [string, string] => [
      `${LISTS}/${listName(at + index(component))}`,
      packagesText(repository, component),
    ]),
  ]
}

export interface NodePackages {
  /** The release of the packages: `1.35.3`. */
  version: string
  /** Names to install beside what they need. */
  names: readonly ('kubeadm' | 'kubelet' | 'kubectl')[]
  /** `apt-mark hold`. */
  hold: boolean
}

/** Installs packages of a release on a host that is being made: files, dpkg's database, apt's sources and lists. */
export function installNodePackages(files: FileTree, { version, names, hold }: NodePackages): void {
  const repository = repositoryOf(version)
  const wanted = new Set(names.map((name) => `${name} ${packageVersion(version)}`))
  const offered = Object.values(repository.components).flat()
  const own = offered.filter((one) => wanted.has(`${one.name} ${one.version}`))
  const others = own.some(({ name }) => name === 'kubelet') ? needed(version) : []
  for (const one of [...own, ...others]) placeFiles(files, one)
  const rows = [...own, ...others].map((one) => installedRow(debOf(one).control, hold && own.includes(one) ? 'hold' : 'install')) // prettier-ignore
  addRows(files, rows)
  const auto = parseExtended(files.text(EXTENDED) ?? '')
  if (others.length > 0) auto.add('kubernetes-cni')
  files.put(EXTENDED, makeExtended(auto))
  addSource(files, repository)
}

/** Docker in place of the containerd of the base image: packages, daemon.json, crictl's socket. */
export function installDocker(files: FileTree, release: DockerRelease): void {
  const offered = dockerPackages(release)
  for (const path of CONTAINERD_FILES) files.remove(path)
  for (const one of offered) placeFiles(files, one)
  addRows(files, offered.map((one) => installedRow(debOf(one).control, 'install')), ['containerd']) // prettier-ignore
  files.put('/etc/docker/daemon.json', DAEMON_JSON)
  files.put('/etc/crictl.yaml', (files.text('/etc/crictl.yaml') ?? '').replaceAll(/unix:\S+/g, `unix://${DOCKERSHIM_SOCKET}`)) // prettier-ignore
  for (const name of ['docker', ...(release.containerd === undefined ? [] : ['containerd'])])
    files.symlink(`/usr/lib/systemd/system/${name}.service`, `/etc/systemd/system/multi-user.target.wants/${name}.service`) // prettier-ignore
  files.symlink('/usr/lib/systemd/system/docker.socket', '/etc/systemd/system/sockets.target.wants/docker.socket')
  files.mkdir('/var/lib/docker', undefined, { parents: true })
}

const CONTAINERD_FILES = ['/etc/systemd/system/multi-user.target.wants/containerd.service', '/usr/lib/systemd/system/containerd.service', '/usr/bin/containerd', '/usr/bin/containerd-shim-runc-v2', '/etc/containerd/config.toml', `${INFO}/containerd.list`] // prettier-ignore

function addRows(files: FileTree, rows: readonly Installed[], gone: readonly string[] = []): void {
  const before = parseStatus(files.text(STATUS) ?? '').filter(({ name }) => !gone.includes(name))
  const all = new Map([...before, ...rows].map((row) => [row.name, row]))
  files.put(STATUS, makeStatus([...all.values()]))
}

/** What the kubelet needs beside itself. */
function needed(version: string): OfferedPackage[] {
  const ubuntu = UBUNTU_REPOSITORIES.flatMap(({ components }) => Object.values(components).flat())
  return [...companions(version), ...ubuntu.filter(({ name }) => name === 'conntrack' || name === 'socat')]
}

function placeFiles(files: FileTree, one: OfferedPackage): void {
  for (const { path, text, mode, sizeBytes } of one.files ?? [])
    files.put(path, text, {
      mode: mode ?? 0o644,
      ...binaryAttributes(text),
      ...(sizeBytes !== undefined && { sizeBytes }),
    })
  files.put(`${INFO}/${one.name}.list`, listText(one.files ?? []))
  const kept = (one.files ?? []).filter(({ conffile }) => conffile === true)
  if (kept.length > 0) files.put(`${INFO}/${one.name}.conffiles`, kept.map(({ path }) => `${path}\n`).join(''))
}

/** kubernetes.list with its key, and the lists of an earlier update; the old repository's are too long to be there. */
function addSource(files: FileTree, repository: Repository): void {
  const flat = repository.suite === undefined
  const keyring = `/etc/apt/keyrings/kubernetes-${flat ? 'apt' : 'archive'}-keyring.gpg`
  files.put(keyring, keyText(repository.key))
  files.put(
    '/etc/apt/sources.list.d/kubernetes.list',
    `deb [signed-by=${keyring}] https://${repository.base}/ ${flat ? '/' : `${repository.suite} main`}\n`,
  )
  if (flat) for (const [path, text] of listsOf(repository, 'https')) files.put(path, text)
}
