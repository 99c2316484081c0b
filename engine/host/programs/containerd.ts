/**
 * `containerd config default|dump` and `--version`, as somebody types them; the daemon is a built-in of the units.
 * Models containerd 1.7 (cmd/containerd/command/config.go). Not modelled: config migrate, imports, other plugins' files.
 */
import type { Program, Proc, Run } from '../process.ts'
import { has, parseOptions, valueOf } from './options.ts'

/** A table of TOML: values as their text, tables by name. */
interface Table {
  [name: string]: string | Table
}

const VERSION = 'containerd github.com/containerd/containerd 1.7.24 '
const CONFIG = '/etc/containerd/config.toml'
const SPEC = { flags: ['v', 'version'], withValue: ['c', 'config'], alias: { version: 'v', config: 'c' } }

const text = (value: string): string => JSON.stringify(value)
const CRI = '"io.containerd.grpc.v1.cri"'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'

/** Settings with an empty text each. */
const empty = (...names: string[]): Table => Object.fromEntries(names.map((name) => [name, '""']))
const off = (...names: string[]): Table => Object.fromEntries(names.map((name) => [name, 'false']))

const runtime = (type: string, sandboxMode: string, options: Table): Table => ({
  ...empty('base_runtime_spec', 'cni_conf_dir', 'runtime_engine', 'runtime_path', 'runtime_root', 'snapshotter'),
  ...off('privileged_without_host_devices', 'privileged_without_host_devices_all_devices_allowed'),
  cni_max_conf_num: '0',
  container_annotations: '[]',
  pod_annotations: '[]',
  runtime_type: text(type),
  sandbox_mode: text(sandboxMode),
  options,
})

const RUNC = runtime('io.containerd.runc.v2', 'podsandbox', {
  ...empty('BinaryName', 'CriuImagePath', 'CriuPath', 'CriuWorkPath', 'Root', 'ShimCgroup'),
  ...off('NoNewKeyring', 'NoPivotRoot', 'SystemdCgroup'),
  IoGid: '0',
  IoUid: '0',
})

const CRI_PLUGIN: Table = {
  ...off('device_ownership_from_security_context', 'disable_apparmor', 'disable_cgroup', 'disable_proc_mount'),
  ...off('enable_cdi', 'enable_selinux', 'enable_tls_streaming', 'enable_unprivileged_icmp'),
  ...off('enable_unprivileged_ports', 'ignore_image_defined_volumes', 'image_pull_with_sync_fs'),
  ...off('netns_mounts_under_state_dir', 'restrict_oom_score_adj', 'systemd_cgroup'),
  cdi_spec_dirs: '["/etc/cdi", "/var/run/cdi"]',
  disable_hugetlb_controller: 'true',
  disable_tcp_service: 'true',
  drain_exec_sync_io_timeout: '"0s"',
  ignore_deprecation_warnings: '[]',
  image_pull_progress_timeout: '"5m0s"',
  max_concurrent_downloads: '3',
  max_container_log_line_size: '16384',
  sandbox_image: '"registry.k8s.io/pause:3.8"',
  selinux_category_range: '1024',
  stats_collect_period: '10',
  stream_idle_timeout: '"4h0m0s"',
  stream_server_address: '"127.0.0.1"',
  stream_server_port: '"0"',
  tolerate_missing_hugetlb_controller: 'true',
  unset_seccomp_profile: '""',
  cni: {
    ...empty('conf_template', 'ip_pref'),
    bin_dir: '"/opt/cni/bin"',
    conf_dir: '"/etc/cni/net.d"',
    max_conf_num: '1',
    setup_serially: 'false',
  },
  containerd: {
    ...off('discard_unpacked_layers', 'ignore_blockio_not_enabled_errors', 'ignore_rdt_not_enabled_errors', 'no_pivot'),
    default_runtime_name: '"runc"',
    disable_snapshot_annotations: 'true',
    snapshotter: '"overlayfs"',
    default_runtime: runtime('', '', {}),
    runtimes: { runc: RUNC },
    untrusted_workload_runtime: runtime('', '', {}),
  },
  image_decryption: { key_model: '"node"' },
  registry: { config_path: '""', auths: {}, configs: {}, headers: {}, mirrors: {} },
  x509_key_pair_streaming: empty('tls_cert_file', 'tls_key_file'),
}

const decoder = (suffix: string): Table => ({
  accepts: `[${text(`${LAYER}${suffix}+encrypted`)}]`,
  args: '["--decryption-keys-path", "/etc/containerd/ocicrypt/keys"]',
  env: '["OCICRYPT_KEYPROVIDER_CONFIG=/etc/containerd/ocicrypt/ocicrypt_keyprovider.conf"]',
  path: '"ctd-decoder"',
  returns: text(`${LAYER}${suffix}`),
})

const snapshotter = (name: string, own: Table = {}): Table => ({
  [`"io.containerd.snapshotter.v1.${name}"`]: { root_path: '""', ...own },
})

const PLUGINS: Table = {
  '"io.containerd.gc.v1.scheduler"': {
    deletion_threshold: '0',
    mutation_threshold: '100',
    pause_threshold: '0.02',
    schedule_delay: '"0s"',
    startup_delay: '"100ms"',
  },
  [CRI]: CRI_PLUGIN,
  '"io.containerd.internal.v1.opt"': { path: '"/opt/containerd"' },
  '"io.containerd.internal.v1.restart"': { interval: '"10s"' },
  '"io.containerd.internal.v1.tracing"': {},
  '"io.containerd.metadata.v1.bolt"': { content_sharing_policy: '"shared"' },
  '"io.containerd.monitor.v1.cgroups"': { no_prometheus: 'false' },
  '"io.containerd.nri.v1.nri"': {
    disable: 'true',
    disable_connections: 'false',
    plugin_config_path: '"/etc/nri/conf.d"',
    plugin_path: '"/opt/nri/plugins"',
    plugin_registration_timeout: '"5s"',
    plugin_request_timeout: '"2s"',
    socket_path: '"/var/run/nri/nri.sock"',
  },
  '"io.containerd.runtime.v1.linux"': {
    ...off('no_shim', 'shim_debug'),
    runtime: '"runc"',
    runtime_root: '""',
    shim: '"containerd-shim"',
  },
  '"io.containerd.runtime.v2.task"': { platforms: '["linux/amd64"]', sched_core: 'false' },
  '"io.containerd.service.v1.diff-service"': { default: '["walking"]' },
  '"io.containerd.service.v1.tasks-service"': empty('blockio_config_file', 'rdt_config_file'),
  ...snapshotter('aufs'),
  ...snapshotter('blockfile', { ...empty('fs_type', 'scratch_file'), mount_options: '[]' }),
  ...snapshotter('btrfs'),
  ...snapshotter('devmapper', {
    ...off('async_remove', 'discard_blocks'),
    ...empty('base_image_size', 'fs_options', 'fs_type', 'pool_name'),
  }),
  ...snapshotter('native'),
  ...snapshotter('overlayfs', { ...off('sync_remove', 'upperdir_label'), mount_options: '[]' }),
  ...snapshotter('zfs'),
  '"io.containerd.tracing.processor.v1.otlp"': {},
  '"io.containerd.transfer.v1.local"': {
    config_path: '""',
    max_concurrent_downloads: '3',
    max_concurrent_uploaded_layers: '3',
    // A list of tables.
    '[unpack_config]': { differ: '""', platform: '"linux/amd64"', snapshotter: '"overlayfs"' },
  },
}

const DEFAULT: Table = {
  disabled_plugins: '[]',
  imports: '[]',
  oom_score: '0',
  plugin_dir: '""',
  required_plugins: '[]',
  root: '"/var/lib/containerd"',
  state: '"/run/containerd"',
  temp: '""',
  version: '2',
  cgroup: empty('path'),
  debug: { ...empty('address', 'format', 'level'), gid: '0', uid: '0' },
  grpc: {
    ...empty('tcp_address', 'tcp_tls_ca', 'tcp_tls_cert', 'tcp_tls_key'),
    address: '"/run/containerd/containerd.sock"',
    gid: '0',
    max_recv_message_size: '16777216',
    max_send_message_size: '16777216',
    uid: '0',
  },
  metrics: { address: '""', grpc_histogram: 'false' },
  plugins: PLUGINS,
  proxy_plugins: {},
  stream_processors: {
    '"io.containerd.ocicrypt.decoder.v1.tar"': decoder(''),
    '"io.containerd.ocicrypt.decoder.v1.tar.gzip"': decoder('+gzip'),
  },
  timeouts: {
    '"io.containerd.timeout.bolt.open"': '"0s"',
    '"io.containerd.timeout.metrics.shimstats"': '"2s"',
    '"io.containerd.timeout.shim.cleanup"': '"5s"',
    '"io.containerd.timeout.shim.load"': '"5s"',
    '"io.containerd.timeout.shim.shutdown"': '"3s"',
    '"io.containerd.timeout.task.state"': '"2s"',
  },
  ttrpc: { address: '""', gid: '0', uid: '0' },
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1)

/** Values first, then tables, each in the order of their names and two blanks deeper. */
function lines(table: Table, path: string[]): string[] {
  const entries = Object.entries(table).sort(byName)
  const indent = '  '.repeat(path.length)
  const values = entries.flatMap(([name, value]) => (typeof value === 'string' ? [`${indent}${name} = ${value}`] : []))
  return [
    ...values,
    ...entries.flatMap(([name, value]) => (typeof value === 'string' ? [] : tableLines(value, [...path, name]))),
  ]
}

function tableLines(table: Table, path: string[]): string[] {
  const title = path.map((name) => name.replace(/^\[(.*)\]$/, '$1')).join('.')
  const isList = path[path.length - 1]?.startsWith('[') === true
  return ['', `${'  '.repeat(path.length - 1)}${isList ? `[[${title}]]` : `[${title}]`}`, ...lines(table, path)]
}

/** The default with what a file sets. */
function merged(file: string): Table {
  const result = JSON.parse(JSON.stringify(DEFAULT)) as Table
  let at = result
  for (const line of file.split('\n').map((one) => one.trim())) {
    const [, title] = /^\[([^[\]]+)\]$/.exec(line) ?? []
    const [, name, value] = /^("[^"]*"|[\w.-]+)\s*=\s*(.*)$/.exec(line) ?? []
    if (title !== undefined) at = tableAt(result, title)
    else if (name !== undefined && value !== undefined) at[name] = value
  }
  return { ...result, imports: `[${text(CONFIG)}]` }
}

function tableAt(root: Table, title: string): Table {
  let at = root
  for (const name of title.match(/"[^"]*"|[^.\s]+/g) ?? []) {
    const found = at[name]
    at = typeof found === 'object' ? found : (at[name] = {})
  }
  return at
}

function* print(p: Proc, table: Table): Run<number> {
  yield* p.out(`${lines(table, []).join('\n')}\n`)
  return 0
}

function* dump(p: Proc, path: string): Run<number> {
  const file = yield* p.readFile(path)
  return yield* print(p, 'text' in file ? merged(file.text) : DEFAULT)
}

export const containerd: Program = function* (argv, p) {
  const options = parseOptions(argv, SPEC)
  const [command, part] = options.rest
  if (has(options, 'v')) {
    yield* p.out(`${VERSION}\n`)
    return 0
  }
  if (command === 'config' && part === 'default') return yield* print(p, DEFAULT)
  if (command === 'config' && part === 'dump') return yield* dump(p, valueOf(options, 'c') ?? CONFIG)
  yield* p.err(`not simulated: ${argv.join(' ')}\n`)
  return 1
}
