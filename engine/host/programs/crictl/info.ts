/** crictl info and version: what the runtime says of itself. */
import { parseBinary } from '../../binary.ts'
import type { Proc, Run } from '../../process.ts'
import { dockerRelease } from '../../../versions/index.ts'
import { valueOf } from '../options.ts'
import type { Verb } from './common.ts'
import { printStatuses } from './output.ts'
import type { Json } from './output.ts'

/** The version that an installed program says it is. */
export function* installedVersion(p: Proc, path: string, otherwise: string): Run<string> {
  const file = yield* p.readFile(path)
  return `v${('text' in file ? parseBinary(file.text)?.version : undefined) ?? otherwise}`
}

export const version: Verb = function* (p) {
  if ((yield* p.ask('cri.runtime')) === 'docker') {
    const docker = dockerRelease((yield* installedVersion(p, '/usr/bin/dockerd', '')).slice(1))
    yield* p.out(`Version:  0.1.0\nRuntimeName:  docker\nRuntimeVersion:  ${docker.version}\nRuntimeApiVersion:  ${docker.apiVersion}.0\n`) // prettier-ignore
    return 0
  }
  const own = yield* installedVersion(p, '/usr/bin/containerd', '1.7.24')
  yield* p.out(`Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  ${own}\nRuntimeApiVersion:  v1\n`)
  return 0
}

const CNI = '/etc/cni/net.d'
const NO_CNI = `no network config found in ${CNI}: cni plugin not initialized`

export const info: Verb = function* (p, { options }) {
  const listed = yield* p.list(CNI)
  const hasNetwork = 'names' in listed && listed.names.some((name) => /\.(conf|conflist|json)$/.test(name))
  const condition = (type: string, troubled = false): Json => ({
    message: troubled ? 'Network plugin returns error: cni plugin not initialized' : '',
    reason: troubled ? 'NetworkPluginNotReady' : '',
    status: !troubled,
    type,
  })
  const loaded = hasNetwork ? 'OK' : `cni config load failed: ${NO_CNI}: failed to load cni config`
  const said: Json = {
    cniconfig: { PluginConfDir: CNI, PluginDirs: ['/opt/cni/bin'], PluginMaxConfNum: 1, Prefix: 'eth' },
    config: {
      cni: { binDir: '/opt/cni/bin', confDir: CNI, maxConfNum: 1 },
      containerd: { defaultRuntimeName: 'runc', snapshotter: 'overlayfs' },
      containerdEndpoint: '/run/containerd/containerd.sock',
      containerdRootDir: '/var/lib/containerd',
      rootDir: '/var/lib/containerd/io.containerd.grpc.v1.cri',
      stateDir: '/run/containerd/io.containerd.grpc.v1.cri',
    },
    golang: 'go1.22.7',
    lastCNILoadStatus: loaded,
    'lastCNILoadStatus.default': loaded,
    status: { conditions: [condition('RuntimeReady'), condition('NetworkReady', !hasNetwork)] },
  }
  return yield* printStatuses(p, [said], valueOf(options, 'output') ?? 'json', valueOf(options, 'template'))
}
