/** The registry of this folder's programs: name that an executable carries → program. */
import type { Program } from './process.ts'
import { aptPrograms } from './programs/apt.ts'
import { gpg } from './programs/apt-gpg.ts'
import { crictl } from './programs/crictl.ts'
import { containerd } from './programs/containerd.ts'
import { runtimePrograms } from './programs/ctr.ts'
import { curl } from './programs/curl.ts'
import { dnsPrograms } from './programs/dns.ts'
import { dpkgPrograms } from './programs/dpkg.ts'
import { editorPrograms } from './programs/editors.ts'
import { filePrograms } from './programs/files.ts'
import { haproxyPrograms } from './programs/haproxy.ts'
import { identityPrograms } from './programs/identity.ts'
import { journalPrograms } from './programs/journalctl.ts'
import { iptablesPrograms } from './programs/iptables.ts'
import { install } from './programs/install.ts'
import { lsbRelease } from './programs/lsb-release.ts'
import { openssl } from './programs/openssl/index.ts'
import { bridgePrograms } from './programs/bridges.ts'
import { clockPrograms } from './programs/clock.ts'
import { kernelPrograms } from './programs/kernel.ts'
import { namespacePrograms } from './programs/namespaces.ts'
import { oddPrograms } from './programs/odds.ts'
import { netTools } from './programs/net-tools.ts'
import { networkPrograms } from './programs/network.ts'
import { processPrograms } from './programs/processes.ts'
import { sessionPrograms } from './programs/session.ts'
import { sshPrograms } from './programs/ssh.ts'
import { accountPrograms } from './programs/accounts.ts'
import { systemdPrograms } from './programs/systemctl.ts'
import { busyboxWget, wget } from './programs/wget.ts'

export type ProgramSet = Record<string, Program>

export const HOST_PROGRAM_SET: ProgramSet = {
  ...filePrograms,
  ...identityPrograms,
  ...systemdPrograms,
  ...journalPrograms,
  ...sessionPrograms,
  ...sshPrograms,
  ...accountPrograms,
  ...processPrograms,
  ...kernelPrograms,
  ...clockPrograms,
  ...networkPrograms,
  ...netTools,
  ...bridgePrograms,
  ...namespacePrograms,
  ...oddPrograms,
  ...dnsPrograms,
  ...iptablesPrograms,
  ...runtimePrograms,
  ...editorPrograms,
  ...haproxyPrograms,
  ...aptPrograms,
  ...dpkgPrograms,
  gpg,
  install,
  lsb_release: lsbRelease,
  containerd,
  crictl,
  curl,
  openssl,
  wget,
  'busybox-wget': busyboxWget,
}
