/** Ubuntu 24.04's archive, as far as a cluster's operator meets it. Sizes in kB, about. */
import { makeBinary } from '../../binary.ts'
import { HAPROXY_CONFIG } from '../../haproxy/config.ts'
import { HAPROXY_DEFAULT_CONFIG, HAPROXY_UNIT, HAPROXY_VERSION } from '../../haproxy/unit.ts'
import type { OfferedPackage, Repository } from './model.ts'

interface Row {
  name: string
  version: string
  /** The version on a fresh host: the same, an older one, or none. */
  installed?: string | true
  component?: 'universe'
  section: string
  kb: number
  installedKb: number
  depends?: string
  description: string
  /** Programs that it brings, which the base tree does not have: path → program. */
  programs?: Readonly<Record<string, string>>
  /** A unit of its own. */
  unit?: { name: string; exec: string; text?: string }
  /** Files of /etc that it brings, which stay as their owner left them. */
  conffiles?: Readonly<Record<string, string>>
}

/** [name, version, section, kb, installed kb, description, depends] of what a fresh host has. */
const FRESH: readonly (readonly [string, string, string, number, number, string, string?])[] = [
  ['apparmor', '4.0.1really4.0.1-0ubuntu0.24.04.3', 'admin', 641, 2800, 'user-space parser utility for AppArmor'],
  ['apt', '2.7.14build2', 'admin', 1378, 4200, 'commandline package manager'],
  ['apt-transport-https', '2.7.14build2', 'oldlibs', 4, 35, 'transitional package for https support'],
  ['base-files', '13ubuntu10.1', 'admin', 73, 372, 'Debian base system miscellaneous files'],
  ['bash', '5.2.21-2ubuntu4', 'shells', 794, 1906, 'GNU Bourne Again SHell'],
  ['bash-completion', '1:2.11-8', 'shells', 180, 1427, 'programmable completion for the bash shell'],
  ['bc', '1.07.1-3ubuntu4', 'math', 87, 250, 'GNU bc arbitrary precision calculator language'],
  ['bind9-dnsutils', '1:9.18.30-0ubuntu0.24.04.2', 'net', 156, 490, 'Clients provided with BIND 9'],
  ['bind9-host', '1:9.18.30-0ubuntu0.24.04.2', 'net', 50, 155, 'DNS Lookup Utility'],
  ['bsdextrautils', '2.39.3-9ubuntu6.1', 'utils', 74, 330, 'extra utilities from 4.4BSD-Lite'],
  ['ca-certificates', '20240203', 'misc', 159, 396, 'Common CA certificates'],
  ['containerd', '1.7.24-0ubuntu1~24.04.1', 'admin', 38400, 152000, 'daemon to control runC', 'runc (>= 1.0.0~rc2~)'],
  ['coreutils', '9.4-3ubuntu6', 'utils', 1413, 7000, 'GNU core utilities'],
  ['cron', '3.0pl1-184ubuntu2', 'admin', 84, 300, 'process scheduling daemon'],
  ['curl', '8.5.0-2ubuntu10.6', 'web', 227, 534, 'command line tool for transferring data with URL syntax'],
  ['dpkg', '1.22.6ubuntu6.1', 'admin', 1282, 6500, 'Debian package management system'],
  ['ebtables', '2.0.11-6build1', 'net', 87, 276, 'Ethernet bridge frame table administration'],
  ['ethtool', '1:6.7-1build1', 'net', 229, 816, 'display or change Ethernet device settings'],
  ['file', '1:5.45-3build1', 'utils', 22, 81, 'Recognize the type of data in a file using "magic" numbers'],
  ['findutils', '4.9.0-5build1', 'utils', 298, 1900, 'utilities for finding files--find, xargs'],
  ['gettext-base', '0.21-14ubuntu2', 'gnu', 39, 300, 'GNU Internationalization utilities for the base system'],
  ['gnupg', '2.4.4-2ubuntu17', 'utils', 359, 457, 'GNU privacy guard - a free PGP replacement'],
  ['gpg', '2.4.4-2ubuntu17', 'utils', 565, 1160, 'GNU Privacy Guard -- minimalist public key operations'],
  ['grep', '3.11-4build1', 'utils', 162, 500, 'GNU grep, egrep and fgrep'],
  ['gzip', '1.12-1ubuntu3', 'utils', 99, 252, 'GNU compression utilities'],
  ['hostname', '3.23+nmu2ubuntu2', 'admin', 11, 50, 'utility to set/show the host name or domain name'],
  ['iproute2', '6.1.0-1ubuntu6', 'net', 1120, 3200, 'networking and traffic control tools'],
  ['iptables', '1.8.10-3ubuntu2', 'net', 381, 2700, 'administration tools for packet filtering and NAT'],
  ['iputils-ping', '3:20240117-1build1', 'net', 45, 120, 'Tools to test the reachability of network hosts'],
  ['jq', '1.7.1-3build1', 'utils', 65, 110, 'lightweight and flexible command-line JSON processor'],
  ['kmod', '31+20240202-2ubuntu7', 'admin', 101, 250, 'tools for managing Linux kernel modules'],
  ['less', '590-2ubuntu2.1', 'text', 142, 330, 'pager program similar to more'],
  ['libc6', '2.39-0ubuntu8.3', 'libs', 3263, 13500, 'GNU C Library: Shared libraries'],
  ['libseccomp2', '2.5.5-1ubuntu3.1', 'libs', 50, 170, 'high level interface to Linux seccomp filter'],
  ['lsb-release', '12.0-2', 'misc', 7, 16, 'Linux Standard Base version reporting utility (minimal implementation)'],
  ['man-db', '2.12.0-4build2', 'doc', 1237, 2900, 'tools for reading manual pages'],
  ['mount', '2.39.3-9ubuntu6.1', 'admin', 118, 400, 'tools for mounting and manipulating filesystems'],
  ['nano', '7.2-2ubuntu0.1', 'editors', 282, 880, 'small, friendly text editor inspired by Pico'],
  ['needrestart', '3.6-7ubuntu4.3', 'admin', 60, 480, 'check which daemons need to be restarted after library upgrades'],
  ['net-tools', '2.10-0.1ubuntu4', 'net', 204, 800, 'NET-3 networking toolkit'],
  ['netcat-openbsd', '1.226-1ubuntu2', 'net', 44, 110, 'TCP/IP swiss army knife'],
  ['openssh-client', '1:9.6p1-3ubuntu13.5', 'net', 905, 3000, 'secure shell (SSH) client, for secure access to remote machines'],
  ['openssh-server', '1:9.6p1-3ubuntu13.5', 'net', 509, 2100, 'secure shell (SSH) server, for secure access from remote machines'],
  ['procps', '2:4.0.4-4ubuntu3.2', 'admin', 708, 1600, '/proc file system utilities'],
  ['psmisc', '23.7-1build1', 'admin', 179, 600, 'utilities that use the proc file system'],
  ['runc', '1.1.12-0ubuntu3.1', 'admin', 8599, 31000, 'Open Container Project - runtime'],
  ['sed', '4.9-2build1', 'utils', 193, 880, 'GNU stream editor for filtering/transforming text'],
  ['sudo', '1.9.15p5-3ubuntu5', 'admin', 947, 3300, 'Provide limited super user privileges to specific users'],
  ['systemd', '255.4-1ubuntu8.4', 'admin', 3471, 11000, 'system and service manager'],
  ['tar', '1.35+dfsg-3build1', 'utils', 254, 980, 'GNU version of the tar archiving utility'],
  ['tree', '2.1.1-2ubuntu3', 'utils', 47, 120, 'displays an indented directory tree, in color'],
  ['ubuntu-minimal', '1.539.2', 'metapackages', 11, 54, 'Minimal core of Ubuntu'],
  ['util-linux', '2.39.3-9ubuntu6.1', 'utils', 1128, 4500, 'miscellaneous system utilities'],
  ['uuid-runtime', '2.39.3-9ubuntu6.1', 'utils', 33, 110, 'runtime components for the Universally Unique ID library'],
  ['wget', '1.21.4-1ubuntu4.1', 'web', 334, 950, 'retrieves files from the web'],
  ['xxd', '2:9.1.0016-1ubuntu7.5', 'editors', 63, 290, 'tool to make (or reverse) a hex dump'],
] // prettier-ignore

/** Installed in an older version than the archive has: what a plain `upgrade` moves. */
const OUTDATED: readonly Row[] = [
  { name: 'openssl', version: '3.0.13-0ubuntu3.5', installed: '3.0.13-0ubuntu3.4', section: 'utils', kb: 1003, installedKb: 2100, description: 'Secure Sockets Layer toolkit - cryptographic utility' }, // prettier-ignore
  { name: 'tzdata', version: '2025b-0ubuntu0.24.04.1', installed: '2024b-0ubuntu0.24.04', section: 'localization', kb: 277, installedKb: 3900, description: 'time zone and daylight-saving time data' }, // prettier-ignore
  { name: 'vim', version: '2:9.1.0016-1ubuntu7.8', installed: '2:9.1.0016-1ubuntu7.5', section: 'editors', kb: 1881, installedKb: 4100, description: 'Vi IMproved - enhanced vi editor' }, // prettier-ignore
]

/** What can be installed. */
const OFFERED: readonly Row[] = [
  { name: 'apache2-utils', version: '2.4.58-1ubuntu8.5', section: 'httpd', kb: 97, installedKb: 315, description: 'Apache HTTP Server (utility programs for web servers)', programs: { '/usr/bin/ab': 'ab', '/usr/bin/htpasswd': 'htpasswd' } },
  { name: 'auditd', version: '1:3.1.2-2.1build1', component: 'universe', section: 'admin', kb: 215, installedKb: 850, description: 'User space tools for security auditing', programs: { '/usr/sbin/auditctl': 'auditctl' } },
  { name: 'bridge-utils', version: '1.7.1-1ubuntu2', section: 'net', kb: 33, installedKb: 115, description: 'Utilities for configuring the Linux Ethernet bridge', programs: { '/usr/sbin/brctl': 'brctl' } },
  { name: 'chrony', version: '4.5-1ubuntu4.1', section: 'net', kb: 316, installedKb: 680, description: 'Versatile implementation of the Network Time Protocol', programs: { '/usr/bin/chronyc': 'chronyc' }, unit: { name: 'chrony', exec: '/usr/sbin/chronyd' } },
  { name: 'conntrack', version: '1:1.4.8-1ubuntu1', section: 'net', kb: 38, installedKb: 108, description: 'Program to modify the conntrack tables', programs: { '/usr/sbin/conntrack': 'conntrack' } },
  { name: 'dnsutils', version: '1:9.18.30-0ubuntu0.24.04.2', component: 'universe', section: 'oldlibs', kb: 4, installedKb: 20, depends: 'bind9-dnsutils', description: 'Transitional package for bind9-dnsutils' },
  { name: 'docker.io', version: '26.1.3-0ubuntu1~24.04.1', component: 'universe', section: 'admin', kb: 30100, installedKb: 115000, depends: 'containerd (>= 1.2.6-0ubuntu1~), iptables', description: 'Linux container runtime', programs: { '/usr/bin/docker': 'docker' }, unit: { name: 'docker', exec: '/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock' } },
  { name: 'etcd-client', version: '3.4.30-1build1', component: 'universe', section: 'net', kb: 9130, installedKb: 26600, description: 'highly-available key value store -- client', programs: { '/usr/bin/etcdctl': 'etcdctl' } },
  { name: 'etcd-server', version: '3.4.30-1build1', component: 'universe', section: 'net', kb: 8100, installedKb: 24300, description: 'highly-available key value store -- daemon', programs: { '/usr/bin/etcd': 'etcd' }, unit: { name: 'etcd', exec: '/usr/bin/etcd' } },
  { name: 'git', version: '1:2.43.0-1ubuntu7.2', section: 'vcs', kb: 3679, installedKb: 22300, description: 'fast, scalable, distributed revision control system', programs: { '/usr/bin/git': 'git' } },
  { name: 'haproxy', version: HAPROXY_VERSION, section: 'net', kb: 2062, installedKb: 4600, description: 'fast and reliable load balancing reverse proxy', programs: { '/usr/sbin/haproxy': 'haproxy' }, unit: { name: 'haproxy', exec: '/usr/sbin/haproxy', text: HAPROXY_UNIT }, conffiles: { [HAPROXY_CONFIG]: HAPROXY_DEFAULT_CONFIG } },
  { name: 'htop', version: '3.3.0-4build1', section: 'utils', kb: 171, installedKb: 450, description: 'interactive processes viewer', programs: { '/usr/bin/htop': 'htop' } },
  { name: 'ipset', version: '7.19-1ubuntu2', section: 'net', kb: 32, installedKb: 97, description: 'administration tool for kernel IP sets', programs: { '/usr/sbin/ipset': 'ipset' } },
  { name: 'ipvsadm', version: '1:1.31-1ubuntu2', section: 'net', kb: 42, installedKb: 137, description: 'Linux Virtual Server support programs', programs: { '/usr/sbin/ipvsadm': 'ipvsadm' } },
  { name: 'keepalived', version: '1:2.2.8-1build2', section: 'admin', kb: 489, installedKb: 1400, description: 'Failover and monitoring daemon for LVS clusters', programs: { '/usr/sbin/keepalived': 'keepalived' }, unit: { name: 'keepalived', exec: '/usr/sbin/keepalived --dont-fork' } },
  { name: 'nfs-common', version: '1:2.6.4-3ubuntu5.1', section: 'net', kb: 248, installedKb: 900, description: 'NFS support files common to client and server', programs: { '/usr/sbin/mount.nfs': 'mount.nfs' } },
  { name: 'nginx', version: '1.24.0-2ubuntu7.1', section: 'httpd', kb: 521, installedKb: 1300, depends: 'nginx-common (= 1.24.0-2ubuntu7.1)', description: 'small, powerful, scalable web/proxy server', programs: { '/usr/sbin/nginx': 'nginx' }, unit: { name: 'nginx', exec: "/usr/sbin/nginx -g 'daemon on; master_process on;'" } },
  { name: 'nginx-common', version: '1.24.0-2ubuntu7.1', section: 'httpd', kb: 31, installedKb: 280, description: 'small, powerful, scalable web/proxy server - common files' },
  { name: 'nmap', version: '7.94+git20230807.3be01efb1+dfsg-3build2', component: 'universe', section: 'net', kb: 1694, installedKb: 4700, description: 'The Network Mapper', programs: { '/usr/bin/nmap': 'nmap' } },
  { name: 'python3-pip', version: '24.0+dfsg-1ubuntu1.1', component: 'universe', section: 'python', kb: 1317, installedKb: 7000, description: 'Python package installer', programs: { '/usr/bin/pip3': 'pip3' } },
  { name: 'rsync', version: '3.2.7-1ubuntu1.2', section: 'net', kb: 435, installedKb: 800, description: 'fast, versatile, remote (and local) file-copying tool', programs: { '/usr/bin/rsync': 'rsync' } },
  { name: 'socat', version: '1.8.0.0-4build3', section: 'net', kb: 374, installedKb: 1500, description: 'multipurpose relay for bidirectional data transfer', programs: { '/usr/bin/socat': 'socat' } },
  { name: 'software-properties-common', version: '0.99.49.1', section: 'admin', kb: 14, installedKb: 200, description: 'manage the repositories that you install software from (common)' },
  { name: 'strace', version: '6.8-0ubuntu2', section: 'utils', kb: 691, installedKb: 2500, description: 'System call tracer', programs: { '/usr/bin/strace': 'strace' } },
  { name: 'tcpdump', version: '4.99.4-3ubuntu4', section: 'net', kb: 479, installedKb: 1350, description: 'command-line network traffic analyzer', programs: { '/usr/bin/tcpdump': 'tcpdump' } },
  { name: 'telnet', version: '0.17+2.5-3ubuntu4', section: 'net', kb: 4, installedKb: 26, description: 'transitional dummy package for inetutils-telnet default switch', programs: { '/usr/bin/telnet': 'telnet' } },
  { name: 'traceroute', version: '1:2.1.5-1', component: 'universe', section: 'net', kb: 50, installedKb: 155, description: 'Traces the route taken by packets over an IPv4/IPv6 network', programs: { '/usr/sbin/traceroute': 'traceroute' } },
  { name: 'unzip', version: '6.0-28ubuntu4.1', section: 'utils', kb: 174, installedKb: 380, description: 'De-archiver for .zip files', programs: { '/usr/bin/unzip': 'unzip' } },
] // prettier-ignore

const ROWS: readonly Row[] = [
  ...FRESH.map(([name, version, section, kb, installedKb, description, depends]): Row => ({
    name,
    version,
    installed: true,
    section,
    kb,
    installedKb,
    description,
    ...(depends !== undefined && { depends }),
  })),
  ...OUTDATED,
  ...OFFERED,
].sort((a, b) => (a.name < b.name ? -1 : 1))

function unitText({ description, unit }: Row): string {
  if (unit?.text !== undefined) return unit.text
  return `[Unit]\nDescription=${description}\nAfter=network.target\n\n[Service]\nExecStart=${unit?.exec ?? ''}\nRestart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n`
}

function offered(row: Row): OfferedPackage {
  const { name, version, section, kb, installedKb, depends, description, programs = {}, unit, conffiles = {} } = row
  const own = version.replace(/^\d+:/, '').replace(/[-+~].*/, '')
  const files = Object.entries(programs).map(([path, program]) => ({
    path,
    text: makeBinary(program, own),
    mode: 0o755,
    sizeBytes: Math.round((installedKb * 1024) / 2),
  }))
  const kept = Object.entries(conffiles).map(([path, text]) => ({ path, text, conffile: true as const }))
  const units = unit ? [{ path: `/usr/lib/systemd/system/${unit.name}.service`, text: unitText(row) }] : []
  return {
    name,
    version,
    section: row.component === undefined ? section : `${row.component}/${section}`,
    ...(depends !== undefined && { depends }),
    description,
    sizeBytes: kb * 1000,
    installedKb,
    ...(files.length + units.length > 0 && { files: [...files, ...units, ...kept] }),
    ...(unit && { scripts: { enable: [unit.name], restart: [unit.name] } }),
  }
}

/** What a fresh host has, in the versions that it has. */
export function freshPackages(): OfferedPackage[] {
  return ROWS.filter(({ installed }) => installed !== undefined).map((row) =>
    offered(
      typeof row.installed === 'string' ? { ...row, version: row.installed, installedKb: row.installedKb - 9 } : row,
    ),
  )
}

const KEY = { id: '871920D1991BC93C', owner: 'Ubuntu Archive Automatic Signing Key (2018) <ftpmaster@ubuntu.com>' }

function suite(site: string, name: string, components: Repository['components'], releaseBytes: number): Repository {
  return {
    base: `${site}/ubuntu`,
    suite: name,
    components: { main: [], restricted: [], universe: [], multiverse: [], ...components },
    release: { Origin: 'Ubuntu', Label: 'Ubuntu', Suite: name, Version: '24.04', Codename: 'noble', Architectures: 'amd64', Components: 'main restricted universe multiverse', Description: 'Ubuntu Noble 24.04' }, // prettier-ignore
    key: KEY,
    releaseBytes,
  }
}

const ARCHIVE = 'archive.ubuntu.com'
const outdated = new Set(OUTDATED.map(({ name }) => name))
const inMain = ROWS.filter(({ component, name }) => component === undefined && !outdated.has(name))
const inUniverse = ROWS.filter(({ component }) => component === 'universe')
const updated = ROWS.filter(({ name }) => outdated.has(name))

export const UBUNTU_REPOSITORIES: readonly Repository[] = [
  suite(ARCHIVE, 'noble', { main: inMain.map(offered), universe: inUniverse.map(offered) }, 256_000),
  suite(ARCHIVE, 'noble-updates', { main: updated.map(offered) }, 126_000),
  suite(ARCHIVE, 'noble-backports', {}, 126_000),
  suite('security.ubuntu.com', 'noble-security', { main: updated.map(offered) }, 126_000),
]

/** /etc/apt/sources.list.d/ubuntu.sources */
export const UBUNTU_SOURCES = `Types: deb
URIs: http://archive.ubuntu.com/ubuntu/
Suites: noble noble-updates noble-backports
Components: main universe restricted multiverse
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg

Types: deb
URIs: http://security.ubuntu.com/ubuntu/
Suites: noble-security
Components: main universe restricted multiverse
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg
`
