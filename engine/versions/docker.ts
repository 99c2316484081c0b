/**
 * The Docker of a node of each old release: the newest that Kubernetes says it was validated with (the lists of its
 * CHANGELOGs and of cmd/kubeadm/app/util/system). From 1.24 on there is no dockershim, and nodes run containerd.
 */

export interface DockerRelease {
  /** As `docker --version` says it: `19.03.15`, `18.06.3-ce`. */
  version: string
  /** As a Node says it: `19.3.15`. */
  semantic: string
  apiVersion: string
  minApiVersion: string
  goVersion: string
  commit: string
  /** Of the client and of the daemon. */
  built: readonly [client: string, engine: string]
  /** Of the package containerd.io; absent: Docker brings its own, docker-containerd. */
  containerd?: string
  containerdCommit?: string
  runc: string
  runcCommit: string
  init: readonly [version: string, commit: string]
}

const DOCKER_18_06: DockerRelease = {
  version: '18.06.3-ce',
  semantic: '18.6.3',
  apiVersion: '1.38',
  minApiVersion: '1.12',
  goVersion: 'go1.10.3',
  commit: 'd7080c1',
  built: ['Wed Feb 20 02:27:18 2019', 'Wed Feb 20 02:26:20 2019'],
  runc: '1.0.0-rc5+dev',
  runcCommit: 'a592beb5bc4c4092b1b1bac971afed27687340c5',
  init: ['0.18.0', 'fec3683'],
}

const DOCKER_18_09: DockerRelease = {
  version: '18.09.9',
  semantic: '18.9.9',
  apiVersion: '1.39',
  minApiVersion: '1.12',
  goVersion: 'go1.11.13',
  commit: '039a7df9ba',
  built: ['Wed Sep  4 16:57:28 2019', 'Wed Sep  4 16:19:38 2019'],
  containerd: '1.2.6',
  containerdCommit: '894b81a4b802e4eb2a91d1ce216b8817763c29fb',
  runc: '1.0.0-rc8',
  runcCommit: '425e105d5a03fabd737a126ad93d62a9eeede87f',
  init: ['0.18.0', 'fec3683'],
}

const DOCKER_19_03: DockerRelease = {
  version: '19.03.15',
  semantic: '19.3.15',
  apiVersion: '1.40',
  minApiVersion: '1.12',
  goVersion: 'go1.13.15',
  commit: '99e3ed8919',
  built: ['Sat Jan 30 03:17:05 2021', 'Sat Jan 30 03:15:34 2021'],
  containerd: '1.4.3',
  containerdCommit: '269548fa27e0089a8b8278fc4fc781d7f65a939b',
  runc: '1.0.0-rc92',
  runcCommit: 'ff819c7e9184c13b7c2607fe6c30ae19403a7aff',
  init: ['0.18.0', 'fec3683'],
}

const DOCKER_20_10: DockerRelease = {
  version: '20.10.12',
  semantic: '20.10.12',
  apiVersion: '1.41',
  minApiVersion: '1.12',
  goVersion: 'go1.16.12',
  commit: 'e91ed57',
  built: ['Mon Dec 13 11:45:33 2021', 'Mon Dec 13 11:43:42 2021'],
  containerd: '1.4.12',
  containerdCommit: '7b11cfaabd73bb80907dd23182b9347b4245eb5d',
  runc: '1.0.2',
  runcCommit: 'v1.0.2-0-g52b36a2',
  init: ['0.19.0', 'de40ad0'],
}

/** Since which minor, newest first. */
const VALIDATED: readonly (readonly [since: number, release: DockerRelease])[] = [
  [21, DOCKER_20_10],
  [17, DOCKER_19_03],
  [14, DOCKER_18_09],
  [0, DOCKER_18_06],
]

/** The last release whose kubelet speaks to Docker by itself. */
export const LAST_DOCKERSHIM = 23

/** The Docker of the nodes of a minor; undefined: they run containerd. */
export function dockerOf(minor: number): DockerRelease | undefined {
  return minor > LAST_DOCKERSHIM ? undefined : VALIDATED.find(([since]) => minor >= since)?.[1]
}

/** The release of Docker that a version as of `docker --version` names. */
export const dockerRelease = (version: string): DockerRelease =>
  VALIDATED.map(([, release]) => release).find((one) => one.version === version) ?? { ...DOCKER_20_10, version }

/** The socket that the kubelet serves where it speaks to Docker, as kubeadm writes it. */
export const DOCKERSHIM_SOCKET = '/var/run/dockershim.sock'
export const NO_DAEMON =
  'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'
