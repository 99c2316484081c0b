/** docker-ce, docker-ce-cli and containerd.io of the years when Kubernetes ran on Docker. Not modelled: their other plugins. */
import type { DockerRelease } from '../../../versions/docker.ts'
import { makeBinary } from '../../binary.ts'
import { CONTAINERD_UNIT } from '../../images/text.ts'
import type { OfferedPackage } from './model.ts'

const MAINTAINER = { maintainer: 'Docker <support@docker.com>', homepage: 'https://www.docker.com', section: 'admin' }

/** Up to 19.03 the daemon goes with containerd, later it only wishes for it; 18.06 brings its own. */
function dockerUnit({ version, containerd }: DockerRelease): string {
  const isNew = version.startsWith('20.')
  const bound = containerd === undefined ? [] : isNew ? [] : ['BindsTo=containerd.service']
  const after = `network-online.target firewalld.service${containerd === undefined ? '' : ' containerd.service'}`
  const own = containerd === undefined ? '' : ' --containerd=/run/containerd/containerd.sock'
  return `${[
    '[Unit]',
    'Description=Docker Application Container Engine',
    'Documentation=https://docs.docker.com',
    ...bound,
    `After=${after}`,
    'Wants=network-online.target',
    'Requires=docker.socket',
    ...(isNew ? ['Wants=containerd.service'] : []),
    '',
    '[Service]',
    'Type=notify',
    `ExecStart=/usr/bin/dockerd -H fd://${own}`,
    'ExecReload=/bin/kill -s HUP $MAINPID',
    'TimeoutSec=0',
    'RestartSec=2',
    'Restart=always',
    'StartLimitBurst=3',
    'StartLimitInterval=60s',
    'LimitNOFILE=infinity',
    'LimitNPROC=infinity',
    'LimitCORE=infinity',
    'TasksMax=infinity',
    'Delegate=yes',
    'KillMode=process',
    ...(isNew ? ['OOMScoreAdjust=-500'] : []),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ].join('\n')}\n`
}

const DOCKER_SOCKET = `[Unit]
Description=Docker Socket for the API

[Socket]
ListenStream=/var/run/docker.sock
SocketMode=0660
SocketUser=root
SocketGroup=docker

[Install]
WantedBy=sockets.target
`

/** As containerd.io installs it: without the plugin that kubelets of today speak to. */
export const DOCKERS_CONTAINERD_CONFIG = `#   Copyright 2018-2020 Docker Inc.

#   Licensed under the Apache License, Version 2.0 (the "License");
#   you may not use this file except in compliance with the License.
#   You may obtain a copy of the License at

#       http://www.apache.org/licenses/LICENSE-2.0

disabled_plugins = ["cri"]

#root = "/var/lib/containerd"
#state = "/run/containerd"
#subreaper = true
#oom_score = 0

#[grpc]
#  address = "/run/containerd/containerd.sock"
#  uid = 0
#  gid = 0

#[debug]
#  address = "/run/containerd/debug.sock"
#  uid = 0
#  gid = 0
#  level = "info"
`

/** As the pages of Kubernetes told everybody to write it. */
export const DAEMON_JSON = `{
  "exec-opts": ["native.cgroupdriver=systemd"],
  "log-driver": "json-file",
  "log-opts": {
    "max-size": "100m"
  },
  "storage-driver": "overlay2"
}
`

const binary = (name: string, version: string, sizeBytes: number): NonNullable<OfferedPackage['files']>[number] => ({
  path: `/usr/bin/${name}`,
  text: makeBinary(name, version),
  mode: 0o755,
  sizeBytes,
})

/** `5:19.03.15~3-0~ubuntu-noble`; 18.06 had no epoch yet. */
const debVersion = ({ version }: DockerRelease): string =>
  version.endsWith('-ce') ? `${version.replace('-', '~')}~3-0~ubuntu` : `5:${version}~3-0~ubuntu-noble`

/** What a node has of Docker: one package of 18.06, three since. */
export function dockerPackages(release: DockerRelease): OfferedPackage[] {
  const { version, containerd } = release
  const client = [binary('docker', version, 60_000_000)]
  const units = [
    { path: '/usr/lib/systemd/system/docker.service', text: dockerUnit(release) },
    { path: '/usr/lib/systemd/system/docker.socket', text: DOCKER_SOCKET },
  ]
  const daemon = [binary('dockerd', version, 101_000_000), binary('docker-proxy', version, 2_900_000), ...units]
  const engine: OfferedPackage = {
    ...MAINTAINER,
    name: 'docker-ce',
    version: debVersion(release),
    depends: containerd === undefined ? 'iptables' : 'docker-ce-cli, containerd.io (>= 1.2.2-3), iptables',
    description: 'Docker: the open-source application container engine',
    sizeBytes: 22_500_000,
    installedKb: 108_000,
    files: containerd === undefined ? [...client, ...daemon] : daemon,
    scripts: { enable: ['docker'], restart: ['docker'] },
  }
  if (containerd === undefined) return [engine]
  return [engine, cliPackage(release, client), containerdPackage(containerd)]
}

const cliPackage = (release: DockerRelease, files: OfferedPackage['files']): OfferedPackage => ({
  ...MAINTAINER,
  name: 'docker-ce-cli',
  version: debVersion(release),
  description: 'Docker CLI: the open-source application container engine',
  sizeBytes: 41_400_000,
  installedKb: 197_000,
  ...(files !== undefined && { files }),
})

const containerdPackage = (version: string): OfferedPackage => ({
  name: 'containerd.io',
  version: `${version}-1`,
  section: 'devel',
  depends: 'libc6 (>= 2.14), libseccomp2 (>= 2.4.1)',
  description: 'An open and reliable container runtime',
  sizeBytes: 23_700_000,
  installedKb: 112_000,
  files: [
    binary('containerd', version, 50_000_000),
    binary('ctr', version, 26_000_000),
    binary('runc', '1.0.0', 9_000_000),
    { path: '/usr/lib/systemd/system/containerd.service', text: CONTAINERD_UNIT },
    { path: '/etc/containerd/config.toml', text: DOCKERS_CONTAINERD_CONFIG, conffile: true },
  ],
  scripts: { enable: ['containerd'], restart: ['containerd'] },
  maintainer: 'Containerd team <help@containerd.io>',
  homepage: 'https://containerd.io',
})
