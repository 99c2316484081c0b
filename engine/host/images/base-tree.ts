/**
 * The base trees of hosts and containers: what is on the disk before anybody touches it. Built on
 * first use and shared by every tree of that name.
 */
import { makeBaseImage } from '../files.ts'
import type { BaseImage, FileNode } from '../files.ts'
import { ubuntuPackageFiles } from '../packages/preinstalled.ts'
import * as names from './program-names.ts'
import { CLUSTER_KEY, SSH_KNOWN_HOSTS } from '../ssh-keys.ts'
import { PROC_SYS } from '../system.ts'
import { TARGETS, targetText } from './targets.ts'
import * as text from './text.ts'

type Entries = [string, FileNode][]

/** The instant that the files of base images carry: 2026-01-01 00:00 UTC. */
const BUILT_MS = 1_767_225_600_000

const owned = { owner: 'root', group: 'root', mtimeMs: BUILT_MS }

function file(path: string, content: string, attributes: Partial<FileNode> = {}): [string, FileNode] {
  return [path, { kind: 'file', mode: 0o644, ...owned, text: content, ...attributes }]
}

function directory(path: string, mode = 0o755, owner = 'root'): [string, FileNode] {
  return [path, { kind: 'directory', mode, ...owned, owner, group: owner }]
}

function link(path: string, target: string): [string, FileNode] {
  return [path, { kind: 'symlink', mode: 0o777, ...owned, target }]
}

function executable(path: string, program: string, sizeBytes = 145_000): [string, FileNode] {
  return [path, { kind: 'file', mode: 0o755, ...owned, bytes: ELF, program, sizeBytes }]
}

const ELF = new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0])

function device(name: NonNullable<FileNode['device']>): [string, FileNode] {
  return [`/dev/${name}`, { kind: 'file', mode: 0o666, ...owned, text: '', device: name }]
}

const DEVICES: Entries = [
  ...(['null', 'zero', 'full', 'random', 'tty'] as const).map(device),
  ['/dev/urandom', { kind: 'file', mode: 0o666, ...owned, text: '', device: 'random' }],
  directory('/dev/shm', 0o1777),
]

const COMMON_DIRECTORIES: Entries = [
  ...[
    '/etc',
    '/home',
    '/mnt',
    '/opt',
    '/proc',
    '/run',
    '/srv',
    '/sys',
    '/usr/bin',
    '/usr/sbin',
    '/usr/lib',
    '/usr/local/bin',
    '/var/log',
    '/var/lib',
    '/var/cache',
  ].map((path) => directory(path)),
  directory('/root', 0o700),
  directory('/tmp', 0o1777),
  directory('/var/tmp', 0o1777),
  link('/var/run', '/run'),
]

/** /bin, /sbin and /lib as links into /usr, as Debian and Ubuntu have them. */
const MERGED_USR: Entries = [link('/bin', 'usr/bin'), link('/sbin', 'usr/sbin'), link('/lib', 'usr/lib')]

/** Sizes of binaries that learners look at. */
const SIZES: Record<string, number> = {
  kubectl: 58_000_000,
  kubeadm: 71_000_000,
  kubelet: 82_000_000,
  crictl: 39_000_000,
  bash: 1_446_024,
  etcdctl: 17_000_000,
  helm: 57_000_000,
}

const inUsrBin = (list: readonly string[]): Entries =>
  list.map((name) => executable(`/usr/bin/${name}`, name, SIZES[name]))

function unit(name: string, content: string): [string, FileNode] {
  return file(`/usr/lib/systemd/system/${name}`, content)
}

function wanted(name: string, target = 'multi-user.target'): [string, FileNode] {
  return link(`/etc/systemd/system/${target}.wants/${name}`, `/usr/lib/systemd/system/${name}`)
}

const HOST_UNITS: Entries = [
  unit('containerd.service', text.CONTAINERD_UNIT),
  unit('ssh.service', text.SSH_UNIT),
  unit('systemd-resolved.service', text.RESOLVED_UNIT),
  unit('systemd-journald.service', text.JOURNALD_UNIT),
  unit('cron.service', text.CRON_UNIT),
  unit('systemd-timesyncd.service', text.TIMESYNCD_UNIT),
  ...Object.entries(TARGETS).map(([name, target]) => unit(`${name}.target`, targetText(target))),
  link('/usr/lib/systemd/system/default.target', 'graphical.target'),
  wanted('systemd-timesyncd.service', 'sysinit.target'),
  wanted('containerd.service'),
  wanted('ssh.service'),
  wanted('cron.service'),
  wanted('systemd-resolved.service', 'sysinit.target'),
  link('/etc/systemd/system/sshd.service', '/usr/lib/systemd/system/ssh.service'),
  directory('/etc/systemd/system'),
]

const HOST_DAEMONS: Entries = [
  executable('/usr/bin/containerd', 'containerd', 54_000_000),
  executable('/usr/bin/containerd-shim-runc-v2', 'containerd-shim', 12_000_000),
  executable('/usr/sbin/sshd', 'sshd', 900_000),
  executable('/usr/sbin/cron', 'cron', 55_000),
  executable('/usr/sbin/modprobe', 'modprobe', 170_000),
  executable('/usr/sbin/losetup', 'losetup', 75_000),
  executable('/usr/bin/nsenter', 'nsenter', 39_000),
  executable('/usr/sbin/iptables', 'iptables', 99_000),
  executable('/usr/sbin/tc', 'tc', 640_000),
  executable('/usr/sbin/ethtool', 'ethtool', 460_000),
  ...names.SBIN_PROGRAMS.map((name) => executable(`/usr/sbin/${name}`, name)),
  executable('/usr/lib/systemd/systemd-timesyncd', 'systemd-timesyncd', 80_000),
  executable('/usr/lib/systemd/systemd-resolved', 'systemd-resolved', 530_000),
  executable('/usr/lib/systemd/systemd-journald', 'systemd-journald', 190_000),
]

/** The cluster's key, which opens root and candidate on every host. */
function sshDirectory(user: string): Entries {
  const home = user === 'root' ? '/root' : `/home/${user}`
  const own = { owner: user, group: user }
  return [
    directory(`${home}/.ssh`, 0o700, user),
    file(`${home}/.ssh/id_ed25519`, CLUSTER_KEY.privateText, { ...own, mode: 0o600 }),
    file(`${home}/.ssh/id_ed25519.pub`, CLUSTER_KEY.publicText, own),
    file(`${home}/.ssh/authorized_keys`, CLUSTER_KEY.publicText, { ...own, mode: 0o600 }),
  ]
}

function ubuntuHost(): Entries {
  return [
    ...COMMON_DIRECTORIES,
    ...MERGED_USR,
    ...DEVICES,
    ...inUsrBin([...names.SHELL_PROGRAMS, ...names.FILE_PROGRAMS, ...names.HOST_PROGRAMS, ...names.TOOL_PROGRAMS]),
    ...HOST_DAEMONS,
    ...HOST_UNITS,
    ...['reboot', 'poweroff', 'shutdown', 'halt'].map((name) => link(`/usr/sbin/${name}`, '../bin/systemctl')),
    link('/usr/sbin/ip', '../bin/ip'),
    link('/etc/os-release', '../usr/lib/os-release'),
    file('/usr/lib/os-release', text.UBUNTU_OS_RELEASE),
    file('/etc/issue', 'Ubuntu 24.04.1 LTS \\n \\l\n\n'),
    ...ubuntuPackageFiles().map(([path, content]) => file(path, content)),
    ...['/etc/apt/keyrings', '/etc/apt/trusted.gpg.d', '/var/cache/apt/archives'].map((path) => directory(path)),
    file(
      '/etc/lsb-release',
      'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=24.04\nDISTRIB_CODENAME=noble\nDISTRIB_DESCRIPTION="Ubuntu 24.04.1 LTS"\n',
    ),
    file('/etc/resolv.conf', 'nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n'),
    file('/etc/crictl.yaml', text.CRICTL_YAML),
    file('/etc/containerd/config.toml', text.CONTAINERD_CONFIG),
    file('/etc/fstab', 'LABEL=cloudimg-rootfs\t/\t ext4\tdiscard,commit=30,errors=remount-ro\t0 1\n'),
    file('/etc/shells', '# /etc/shells: valid login shells\n/bin/sh\n/usr/bin/sh\n/bin/bash\n/usr/bin/bash\n'),
    file(
      '/etc/nsswitch.conf',
      'passwd:         files systemd\ngroup:          files systemd\nhosts:          files dns\n',
    ),
    file('/etc/sudoers.d/candidate', 'candidate ALL=(ALL) NOPASSWD:ALL\n', { mode: 0o440 }),
    directory('/home/candidate', 0o750, 'candidate'),
    file('/home/candidate/.bashrc', text.CANDIDATE_BASHRC, { owner: 'candidate', group: 'candidate' }),
    file('/home/candidate/.profile', text.PROFILE, { owner: 'candidate', group: 'candidate' }),
    file('/root/.bashrc', text.ROOT_BASHRC),
    file('/root/.profile', text.PROFILE),
    ...[
      '/etc/cni/net.d',
      '/opt/cni/bin',
      '/var/log/pods',
      '/var/log/containers',
      '/run/containerd',
      '/run/systemd',
    ].map((path) => directory(path)),
    directory('/var/lib/containerd', 0o711),
    file(
      '/proc/version',
      'Linux version 6.8.0-51-generic (buildd@lcy02-amd64-080) (x86_64-linux-gnu-gcc-13 (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0, GNU ld (GNU Binutils for Ubuntu) 2.42) #52-Ubuntu SMP PREEMPT_DYNAMIC Thu Dec  5 13:09:44 UTC 2024\n',
      { mode: 0o444 },
    ),
    file('/proc/swaps', 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n', { mode: 0o444 }),
    ...['meminfo', 'uptime', 'cpuinfo'].map((view) => file(`/proc/${view}`, '', { mode: 0o444, view })),
    file('/var/log/syslog', '', { mode: 0o640, owner: 'syslog', group: 'adm', view: 'syslog' }),
    file('/var/log/auth.log', '', { mode: 0o640, owner: 'syslog', group: 'adm', view: 'auth' }),
    file('/var/log/kern.log', '', { mode: 0o640, owner: 'syslog', group: 'adm', view: 'kern' }),
    file('/proc/mounts', text.PROC_MOUNTS, { mode: 0o444 }),
    file(
      '/proc/cmdline',
      'BOOT_IMAGE=/vmlinuz-6.8.0-51-generic root=LABEL=cloudimg-rootfs ro console=tty1 console=ttyS0\n',
      { mode: 0o444 },
    ),
    file('/proc/loadavg', '0.08 0.05 0.01 1/312 4242\n', { mode: 0o444 }),
    file('/proc/modules', '', { mode: 0o444 }),
    ...Object.entries(PROC_SYS).map(([key, value]) => file(`/proc/sys/${key}`, `${value}\n`)),
    file('/etc/modules-load.d/k8s.conf', 'overlay\nbr_netfilter\n'),
    file('/etc/sysctl.d/k8s.conf', text.K8S_SYSCTL),
    file('/etc/sysctl.conf', text.SYSCTL_CONF),
    file('/etc/sudoers', text.SUDOERS, { mode: 0o440 }),
    file('/etc/ssh/sshd_config', text.SSHD_CONFIG),
    file('/etc/ssh/ssh_config', 'Host *\n    SendEnv LANG LC_*\n    HashKnownHosts no\n'),
    file('/etc/ssh/ssh_known_hosts', SSH_KNOWN_HOSTS),
    ...['root', 'candidate'].flatMap(sshDirectory),
    file('/etc/timezone', 'Etc/UTC\n'),
    file('/etc/login.defs', 'UID_MIN 1000\nUID_MAX 60000\nUMASK 022\n'),
  ]
}

const CONTAINER_ACCOUNTS: Entries = [
  file('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n'),
  file('/etc/group', 'root:x:0:\nnobody:x:65534:\n'),
  file('/etc/hosts', '127.0.0.1\tlocalhost\n'),
]

/** Every busybox command is one binary; the program tells by its name which it is. */
function busyboxCommands(): Entries {
  const same = [...names.BUSYBOX_SHELL, ...names.FILE_PROGRAMS]
  const program = (name: string): [string, FileNode] =>
    executable(`/bin/${name}`, names.BUSYBOX_NETWORK[name] ?? name, 10_000)
  return [
    executable('/bin/busybox', 'busybox'),
    ...[...same.filter((name) => name !== 'file'), ...Object.keys(names.BUSYBOX_NETWORK)].map(program),
  ]
}

function busybox(): Entries {
  const directories = COMMON_DIRECTORIES.filter(([path]) => !path.startsWith('/usr'))
  return [...directories, ...DEVICES, directory('/bin'), ...busyboxCommands(), ...CONTAINER_ACCOUNTS]
}

function alpine(): Entries {
  return [
    ...COMMON_DIRECTORIES,
    ...DEVICES,
    directory('/bin'),
    ...busyboxCommands(),
    ...CONTAINER_ACCOUNTS,
    file('/etc/os-release', text.ALPINE_OS_RELEASE),
    file('/etc/alpine-release', '3.20.3\n'),
  ]
}

function debian(): Entries {
  return [
    ...COMMON_DIRECTORIES,
    ...MERGED_USR,
    ...DEVICES,
    ...inUsrBin([
      ...names.DEBIAN_CONTAINER_SHELL,
      ...names.FILE_PROGRAMS.filter((name) => !['file', 'ps', 'uptime'].includes(name)),
      'curl',
      'getent',
      'nice',
      'nohup',
      'arch',
    ]),
    executable('/usr/sbin/chroot', 'chroot'),
    ...CONTAINER_ACCOUNTS,
    file(
      '/etc/passwd',
      'root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\nnginx:x:101:101:nginx user:/nonexistent:/bin/false\n',
    ),
    link('/etc/os-release', '../usr/lib/os-release'),
    file('/usr/lib/os-release', text.DEBIAN_OS_RELEASE),
    file('/etc/debian_version', '12.8\n'),
  ]
}

function distroless(): Entries {
  return [...COMMON_DIRECTORIES, ...DEVICES, ...CONTAINER_ACCOUNTS, file('/etc/os-release', text.DISTROLESS_OS_RELEASE)]
}

function pause(): Entries {
  return [executable('/pause', 'pause', 743_000), ...DEVICES, directory('/etc'), directory('/proc'), directory('/sys')]
}

const MAKERS: Record<string, () => Entries> = {
  'ubuntu-host': ubuntuHost,
  'busybox-container': busybox,
  'alpine-container': alpine,
  'debian-container': debian,
  'distroless-container': distroless,
  pause,
  empty: () => [],
}

const built = new Map<string, BaseImage>()

/** The base tree of that name. Throws when there is none. */
export function baseImage(name: string): BaseImage {
  let image = built.get(name)
  if (image !== undefined) return image
  const maker = MAKERS[name]
  if (maker === undefined) throw new Error(`host: no base tree ${name}`)
  image = makeBaseImage(name, maker())
  built.set(name, image)
  return image
}

/** Adds a base tree of one's own: an image of the catalogue that has files beyond its distribution. */
export function defineBaseImage(name: string, over: string, entries: Iterable<[string, FileNode]>): BaseImage {
  const image = makeBaseImage(name, [...baseImage(over).nodes, ...entries])
  built.set(name, image)
  return image
}

export const BASE_IMAGE_NAMES = Object.keys(MAKERS)
