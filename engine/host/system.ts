/**
 * The running kernel of a host as its files in /proc show it: modules, sysctls, swap. A boot makes them anew
 * out of /etc/modules-load.d, /etc/sysctl.d and /etc/fstab (Q7). Not modelled: what most sysctls do.
 */
import type { FileTree } from './files.ts'

/** `net/ipv4/ip_forward` → the value after a boot that no file changes. */
export const PROC_SYS: Record<string, string> = {
  'fs/file-max': '9223372036854775807',
  'fs/inotify/max_user_instances': '128',
  'fs/inotify/max_user_watches': '29371',
  'fs/nr_open': '1048576',
  'kernel/hostname': 'localhost',
  'kernel/keys/root_maxbytes': '25000000',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/osrelease': '6.8.0-51-generic',
  'kernel/ostype': 'Linux',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/pid_max': '4194304',
  'kernel/threads-max': '30999',
  'net/core/somaxconn': '4096',
  'net/ipv4/conf/all/forwarding': '0',
  'net/ipv4/conf/all/rp_filter': '2',
  'net/ipv4/conf/default/rp_filter': '2',
  'net/ipv4/ip_forward': '0',
  'net/ipv4/ip_local_port_range': '32768\t60999',
  'net/ipv4/ip_unprivileged_port_start': '1024',
  'net/ipv4/tcp_keepalive_time': '7200',
  'net/ipv6/conf/all/disable_ipv6': '0',
  'net/ipv6/conf/all/forwarding': '0',
  'net/ipv6/conf/default/disable_ipv6': '0',
  'vm/max_map_count': '1048576',
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'vm/swappiness': '60',
}

interface Module {
  sizeBytes: number
  needs?: string[]
  /** The sysctls that come with it. */
  sysctls?: Record<string, string>
}

/** The modules that `modprobe` finds. */
export const MODULES: Record<string, Module> = {
  br_netfilter: {
    sizeBytes: 32768,
    needs: ['bridge'],
    sysctls: {
      'net/bridge/bridge-nf-call-arptables': '1',
      'net/bridge/bridge-nf-call-ip6tables': '1',
      'net/bridge/bridge-nf-call-iptables': '1',
      'net/bridge/bridge-nf-filter-pppoe-tagged': '0',
      'net/bridge/bridge-nf-filter-vlan-tagged': '0',
      'net/bridge/bridge-nf-pass-vlan-input-dev': '0',
    },
  },
  bridge: { sizeBytes: 421888, needs: ['stp'] },
  stp: { sizeBytes: 12288, needs: ['llc'] },
  llc: { sizeBytes: 16384 },
  overlay: { sizeBytes: 212992 },
  nf_conntrack: {
    sizeBytes: 196608,
    sysctls: { 'net/netfilter/nf_conntrack_max': '131072', 'net/netfilter/nf_conntrack_count': '312' },
  },
  ip_vs: { sizeBytes: 221184, needs: ['nf_conntrack'] },
  ip_vs_rr: { sizeBytes: 12288, needs: ['ip_vs'] },
  ip_vs_wrr: { sizeBytes: 12288, needs: ['ip_vs'] },
  ip_vs_sh: { sizeBytes: 12288, needs: ['ip_vs'] },
  ip_tables: { sizeBytes: 32768 },
  iptable_filter: { sizeBytes: 12288, needs: ['ip_tables'] },
  iptable_nat: { sizeBytes: 12288, needs: ['ip_tables'] },
  ip_set: { sizeBytes: 61440 },
  xt_set: { sizeBytes: 20480, needs: ['ip_set'] },
  vxlan: { sizeBytes: 155648 },
  ipip: { sizeBytes: 20480 },
  wireguard: { sizeBytes: 114688 },
  dm_crypt: { sizeBytes: 65536 },
  nbd: { sizeBytes: 65536 },
  rbd: { sizeBytes: 131072 },
  nfs: { sizeBytes: 569344 },
  dummy: { sizeBytes: 12288 },
  loop: { sizeBytes: 45056 },
  configs: { sizeBytes: 12288 },
}

const PROC_MODULES = '/proc/modules'

/** `br-netfilter` → `br_netfilter`. */
export function moduleName(name: string): string {
  return name.replaceAll('-', '_')
}

/** Loaded modules, the newest first: [name, its users]. */
export function loadedModules(text: string): { name: string; sizeBytes: number; users: string[] }[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', size = '0', , users = '-'] = line.split(' ')
      return { name, sizeBytes: Number(size), users: users.split(',').filter((user) => user !== '' && user !== '-') }
    })
}

function writeModules(files: FileTree, list: ReturnType<typeof loadedModules>): void {
  const text = list
    .map(
      ({ name, sizeBytes, users }) =>
        `${name} ${sizeBytes} ${users.length} ${users.map((user) => `${user},`).join('') || '-'} Live 0x0000000000000000\n`,
    )
    .join('')
  files.put(PROC_MODULES, text, { mode: 0o444 })
}

/** Loads a module with those it needs; false: there is none of that name. */
export function loadModule(files: FileTree, asked: string): boolean {
  const name = moduleName(asked)
  const found = MODULES[name]
  if (found === undefined) return false
  if (loadedModules(files.text(PROC_MODULES) ?? '').some((one) => one.name === name)) return true
  for (const other of found.needs ?? []) loadModule(files, other)
  const list = loadedModules(files.text(PROC_MODULES) ?? '').map((one) =>
    found.needs?.includes(one.name) === true ? { ...one, users: [name, ...one.users] } : one,
  )
  writeModules(files, [{ name, sizeBytes: found.sizeBytes, users: [] }, ...list])
  for (const [key, value] of Object.entries(found.sysctls ?? {})) files.put(`/proc/sys/${key}`, `${value}\n`)
  return true
}

/** Takes a module out. */
export function unloadModule(files: FileTree, asked: string): 'done' | 'not loaded' | { usedBy: string[] } {
  const name = moduleName(asked)
  const list = loadedModules(files.text(PROC_MODULES) ?? '')
  const found = list.find((one) => one.name === name)
  if (found === undefined) return 'not loaded'
  if (found.users.length > 0) return { usedBy: found.users }
  const rest = list.filter((one) => one !== found)
  writeModules(
    files,
    rest.map((one) => ({ ...one, users: one.users.filter((user) => user !== name) })),
  )
  for (const key of Object.keys(MODULES[name]?.sysctls ?? {})) files.remove(`/proc/sys/${key}`)
  return 'done'
}

/** Files named `*.conf` of configuration directories, sorted by name; the first directory wins. */
export function configFiles(files: FileTree, directories: readonly string[]): string[] {
  const found = new Map<string, string>()
  for (const directory of directories) {
    const listed = files.list(directory)
    if ('error' in listed) continue
    for (const name of listed.names)
      if (name.endsWith('.conf') && !found.has(name)) found.set(name, `${directory}/${name}`)
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path)
}

export const SYSCTL_DIRECTORIES = ['/etc/sysctl.d', '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d']

/** The settings of a sysctl file: `net.ipv4.ip_forward = 1`. */
export function sysctlSettings(text: string): { key: string; value: string }[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[#;]/.test(line) && line.includes('='))
    .map((line) => ({
      key: line.slice(0, line.indexOf('=')).trim().replace(/^-/, ''),
      value: line.slice(line.indexOf('=') + 1).trim(),
    }))
}

/** `net.ipv4.ip_forward` and `net/ipv4/ip_forward` → the file. */
export function sysctlPath(key: string): string {
  return `/proc/sys/${key.includes('/') ? key : key.replaceAll('.', '/')}`
}

export interface FstabEntry {
  device: string
  path: string
  type: string
  options: string[]
}

export function parseFstab(text: string): FstabEntry[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [device = '', path = '', type = '', options = 'defaults'] = line.split(/\s+/)
      return { device, path, type, options: options.split(',') }
    })
}

const SWAPS_HEAD = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'

export interface Swap {
  path: string
  kind: 'file' | 'partition'
  sizeKib: number
}

export function parseSwaps(text: string): Swap[] {
  return text
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => {
      const [path = '', kind = 'file', size = '0'] = line.split(/\s+/)
      return { path, kind: kind === 'partition' ? 'partition' : 'file', sizeKib: Number(size) }
    })
}

/** The text of /proc/swaps; `parseSwaps` reads it. */
export function makeSwaps(swaps: readonly Swap[]): string {
  const rows = swaps.map(({ path, kind, sizeKib }, index) => {
    const tabs = '\t'.repeat(Math.max(1, 5 - Math.floor(path.length / 8)))
    return `${path}${tabs}${kind}\t\t${sizeKib}\t\t0\t\t${-2 - index}\n`
  })
  return SWAPS_HEAD + rows.join('')
}

/** After power-on: modules, sysctls and swap as the files of the host say. */
export function bootSystem(files: FileTree, hostname: string): void {
  files.clear('/proc')
  files.put('/proc/sys/kernel/hostname', `${hostname}\n`)
  for (const path of configFiles(files, ['/etc/modules-load.d', '/run/modules-load.d', '/usr/lib/modules-load.d']))
    for (const line of (files.text(path) ?? '').split('\n')) {
      const name = line.trim()
      if (name !== '' && !/^[#;]/.test(name)) loadModule(files, name)
    }
  for (const path of [...configFiles(files, SYSCTL_DIRECTORIES), '/etc/sysctl.conf'])
    for (const { key, value } of sysctlSettings(files.text(path) ?? ''))
      if (files.exists(sysctlPath(key))) files.put(sysctlPath(key), `${value}\n`)
  const swaps = parseFstab(files.text('/etc/fstab') ?? '')
    .filter(({ type, options }) => type === 'swap' && !options.includes('noauto'))
    .flatMap(({ device }): Swap[] => {
      const node = files.node(device)
      return node === undefined ? [] : [{ path: device, kind: 'file', sizeKib: swapKib(node.sizeBytes) }]
    })
  if (swaps.length > 0) files.put('/proc/swaps', makeSwaps(swaps), { mode: 0o444 })
}

/** What of a file of that size swap can use. */
export function swapKib(bytes = 0): number {
  return Math.max(0, Math.floor(bytes / 1024) - 4)
}
