import { makeBinary } from '../../host/binary.ts'
import { makeConfig } from './image.ts'
import type { ImageEntry } from './image.ts'
import type { Plan } from './plan.ts'
import { isPublished } from '../../versions/index.ts'

/** Tags of the control plane's images: the releases that were published. */
const RELEASES = { test: (tag: string): boolean => tag.startsWith('v') && isPublished(tag) }

const lastOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

function component(
  name: string,
  tags: Record<string, number>,
  program: string,
  own: Partial<ImageEntry> = {},
): ImageEntry {
  return {
    repository: `registry.k8s.io/${name}`,
    tags,
    base: 'scratch',
    config: makeConfig({ entrypoint: [program] }),
    files: {},
    programs: [program],
    behaviours: [
      {
        name,
        match: ([command = '']) => lastOf(command) === lastOf(program),
        component: own.behaviours?.[0]?.component ?? lastOf(program),
        plan: running(name),
      },
    ],
    ...(own.anyTag !== undefined && { anyTag: own.anyTag }),
  }
}

/** How it looks where nobody models the component: it runs, and says nothing. */
function running(behaviour: string): () => Plan {
  return () => ({
    behaviour,
    logs: [],
    listens: [],
    term: { code: 0, afterMs: 50 },
    memoryBytes: 50_000_000,
    cpuMilli: 10,
  })
}

const pause: ImageEntry = {
  repository: 'registry.k8s.io/pause',
  tags: {
    '3.1': 320_000,
    '3.2': 300_000,
    '3.4.1': 301_000,
    '3.5': 301_000,
    '3.6': 302_000,
    '3.7': 311_000,
    '3.8': 311_000,
    '3.9': 321_000,
    '3.10': 320_000,
    '3.10.1': 320_000,
    '3.10.2': 320_000,
    latest: 320_000,
  },
  base: 'scratch',
  config: makeConfig({ entrypoint: ['/pause'], user: '65535:65535' }),
  files: {},
  programs: ['/pause'],
  behaviours: [
    {
      name: 'pause -v',
      match: (argv) => argv[0] === '/pause' && argv.includes('-v'),
      plan: () => ({
        behaviour: 'pause -v',
        logs: [{ atMs: 1, text: 'pause.c 3.10' }],
        listens: [],
        exit: { atMs: 2, code: 0 },
        term: { code: 0, afterMs: 1 },
      }),
    },
    {
      name: 'pause',
      match: (argv) => argv[0] === '/pause',
      plan: () => ({ behaviour: 'pause', logs: [], listens: [], term: { code: 0, afterMs: 10 }, memoryBytes: 400_000 }),
    },
  ],
}

function daemon(repository: string, tags: Record<string, number>, program: string, lines: string[] = []): ImageEntry {
  return {
    repository,
    tags,
    anyTag: /^v?\d/,
    base: 'alpine',
    config: makeConfig({ entrypoint: [program] }),
    files: {},
    programs: [program],
    behaviours: [
      {
        name: repository,
        match: () => true,
        plan: () => ({ ...running(repository)(), logs: lines.map((text) => ({ atMs: 50, text })) }),
      },
    ],
  }
}

/** What an etcd image has beside etcd; etcdutl since 3.5. */
function etcdTools(tag: string): Record<string, string> {
  const version = tag.replace(/-\d+$/, '')
  const tools = /^3\.[0-4]\./.test(version) ? ['etcdctl'] : ['etcdctl', 'etcdutl']
  return Object.fromEntries(tools.map((tool) => [`/usr/local/bin/${tool}`, makeBinary(tool, version)]))
}

/** Its first containers copy the plugin and its configuration to the node. */
function flannel(registry: string): ImageEntry[] {
  const daemonEntry = daemon(`${registry}/flannel`, {}, '/opt/bin/flanneld')
  const copier = daemon(`${registry}/flannel-cni-plugin`, {}, '/flannel')
  const runs = daemonEntry.behaviours.map((one) => ({
    ...one,
    component: 'flanneld',
    match: (argv: string[]) => argv[0]?.endsWith('flanneld') === true,
  }))
  return [
    { ...copier, config: makeConfig({}), files: { '/flannel': makeBinary('flannel', '1.7.1') }, behaviours: [] },
    { ...daemonEntry, behaviours: runs },
  ]
}

/** install-cni writes the configuration to the node; calico-node itself only runs. */
function calico(registry: string): ImageEntry[] {
  const installer = daemon(`${registry}/cni`, {}, '/opt/cni/bin/install')
  return [
    daemon(`${registry}/node`, {}, 'start_runit'),
    daemon(`${registry}/kube-controllers`, {}, '/usr/bin/kube-controllers'),
    { ...installer, files: { '/opt/cni/bin/install': makeBinary('calico-install', '3.30.3') }, behaviours: [] },
  ]
}

export const system: ImageEntry[] = [
  pause,
  ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'].map((name) =>
    component(name, {}, name === 'kube-proxy' ? '/usr/local/bin/kube-proxy' : name, { anyTag: RELEASES }),
  ),
  { ...component('etcd', {}, 'etcd', { anyTag: /^3\.\d+\.\d+(-\d+)?$/ }), filesOf: etcdTools },
  component('coredns/coredns', {}, '/coredns', { anyTag: /^v1\.\d+\.\d+$/ }),
  component('coredns', {}, '/coredns', { anyTag: /^1\.\d+\.\d+$/ }),
  {
    ...component('local-path-provisioner', {}, 'local-path-provisioner', { anyTag: /^v0\.0\.\d+$/ }),
    repository: 'docker.io/rancher/local-path-provisioner',
  },
  component('metrics-server/metrics-server', {}, '/metrics-server', { anyTag: /^v0\.[3-8]\.\d+$/ }),
  daemon('registry.k8s.io/ingress-nginx/controller', {}, '/nginx-ingress-controller'),
  ...['docker.io/calico', 'quay.io/calico'].flatMap(calico),
  ...['ghcr.io/flannel-io', 'docker.io/flannel'].flatMap(flannel),
  daemon('docker.io/library/fluentd', { latest: 16_000_000 }, 'fluentd'),
  daemon('quay.io/fluentd_elasticsearch/fluentd', {}, 'fluentd'),
  daemon('docker.io/fluent/fluentd', { latest: 16_000_000 }, 'fluentd'),
]
