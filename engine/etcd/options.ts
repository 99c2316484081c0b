/** What a member is given once, by whoever makes hosts. */
import type { HostName } from '../fabric/fabric.ts'
import { defaultConfig } from './config.ts'
import type { EtcdConfig } from './config.ts'
import type { EtcdFiles } from './data-dir.ts'
import type { EtcdFlags } from './flags.ts'
import type { Meet } from './peer-links.ts'

export interface Peer {
  name: string
  host: HostName
}

/** What the process writes to stderr, and how it says that it ended. */
export interface ProcessPorts {
  log?: (text: string) => void
  exit?: (code: number) => void
}

export interface EtcdMemberOptions extends ProcessPorts {
  host: HostName
  /** Default: `etcd/` and the host (or the name). */
  address?: string
  /** The host's files; absent: the member remembers by itself, whatever becomes of the host. */
  files?: () => EtcdFiles | undefined
  /** The host behind an address or a name of a URL; default: the host of that name. */
  hostOfAddress?: (address: string) => HostName | undefined
  /** How two members judge each other's certificates; default: by the files of their hosts. */
  meet?: Meet
  /** Without a config: the name, and all members of the cluster, this one included; their ports are the usual ones. */
  name?: string
  peers?: Peer[]
  flags?: Partial<EtcdFlags>
  /** With `peers`: whether the process runs from the beginning; default true. */
  running?: boolean
}

const CLIENT_PORT = 2379
const PEER_PORT = 2380

/** What the flags of a member would be whose peers are all known by host. */
export function configOf({ name = '', host, peers = [] }: EtcdMemberOptions, flags: EtcdFlags): EtcdConfig {
  const own = { client: `https://${host}:${CLIENT_PORT}`, peer: `https://${host}:${PEER_PORT}` }
  return {
    ...defaultConfig(flags.version),
    name,
    dataDir: '/var/lib/etcd',
    initialCluster: peers.map((peer) => ({ name: peer.name, url: `https://${peer.host}:${PEER_PORT}` })),
    initialAdvertisePeerUrls: [own.peer],
    listenPeerUrls: [own.peer],
    listenClientUrls: [own.client],
    advertiseClientUrls: [own.client],
  }
}
