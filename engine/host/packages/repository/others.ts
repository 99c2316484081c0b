/** Docker's repository and packages that are downloaded by hand: containerd.io, cri-dockerd. */
import { makeBinary } from '../../binary.ts'
import { CONTAINERD_UNIT } from '../../images/text.ts'
import type { OfferedPackage, Repository } from './model.ts'

const CONTAINERD_IO = ['1.6.33-1', '1.7.22-1', '1.7.24-1', '1.7.27-1', '1.7.28-1']

function containerdIo(version: string): OfferedPackage {
  const own = version.replace(/-.*/, '')
  return {
    name: 'containerd.io',
    version,
    section: 'devel',
    depends: 'libc6 (>= 2.34), libseccomp2 (>= 2.5.0)',
    description: 'An open and reliable container runtime',
    sizeBytes: 30_400_000,
    installedKb: 121_000,
    files: [
      { path: '/usr/bin/containerd', text: makeBinary('containerd', own), mode: 0o755, sizeBytes: 54_000_000 },
      { path: '/usr/bin/ctr', text: makeBinary('ctr', own), mode: 0o755, sizeBytes: 26_000_000 },
      { path: '/usr/bin/runc', text: makeBinary('runc', '1.2.2'), mode: 0o755, sizeBytes: 14_000_000 },
      { path: '/usr/lib/systemd/system/containerd.service', text: CONTAINERD_UNIT },
    ],
    scripts: { enable: ['containerd'], restart: ['containerd'] },
    maintainer: 'Containerd team <help@containerd.io>',
    homepage: 'https://containerd.io',
  }
}

export const DOCKER_REPOSITORY: Repository = {
  base: 'download.docker.com/linux/ubuntu',
  suite: 'noble',
  components: { stable: CONTAINERD_IO.map(containerdIo) },
  release: { Origin: 'Docker', Label: 'Docker CE', Suite: 'noble', Codename: 'noble', Architectures: 'amd64', Components: 'stable' }, // prettier-ignore
  key: { id: '7EA0A9C3F273FCD8', owner: 'Docker Release (CE deb) <docker@docker.com>' },
  releaseBytes: 48_500,
}

const CRI_DOCKER_UNIT = `[Unit]
Description=CRI Interface for Docker Application Container Engine
Documentation=https://docs.mirantis.com
After=network-online.target firewalld.service docker.service
Wants=network-online.target
Requires=cri-docker.socket

[Service]
Type=notify
ExecStart=/usr/bin/cri-dockerd --container-runtime-endpoint fd://
ExecReload=/bin/kill -s HUP $MAINPID
TimeoutSec=0
RestartSec=2
Restart=always
StartLimitBurst=3
StartLimitInterval=60s
LimitNOFILE=infinity
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
Delegate=yes
KillMode=process

[Install]
WantedBy=multi-user.target
`

const CRI_DOCKER_SOCKET = `[Unit]
Description=CRI Docker Socket for the API
PartOf=cri-docker.service

[Socket]
ListenStream=%t/cri-dockerd.sock
SocketMode=0660
SocketUser=root
SocketGroup=docker

[Install]
WantedBy=sockets.target
`

/** `cri-dockerd_0.3.22.3-0.ubuntu-jammy_amd64.deb` of a release such as `0.3.22`. */
export function criDockerd(version: string): OfferedPackage {
  return {
    name: 'cri-dockerd',
    version: `${version}.3-0~ubuntu-jammy`,
    section: 'default',
    depends: 'containerd | containerd.io',
    description: 'cri-dockerd is a lightweight implementation of the CRI specification which talks to docker.',
    sizeBytes: 10_900_000,
    installedKb: 43_000,
    files: [
      { path: '/usr/bin/cri-dockerd', text: makeBinary('cri-dockerd', version), mode: 0o755, sizeBytes: 44_000_000 },
      { path: '/usr/lib/systemd/system/cri-docker.service', text: CRI_DOCKER_UNIT },
      { path: '/usr/lib/systemd/system/cri-docker.socket', text: CRI_DOCKER_SOCKET },
    ],
    scripts: { enable: ['cri-docker'], restart: ['cri-docker'] },
    maintainer: 'Mirantis <support@mirantis.com>',
    homepage: 'https://www.mirantis.com',
  }
}
