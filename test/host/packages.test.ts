/** apt and dpkg on a node (Q3), over the sites of package repositories. */
import { beforeEach, describe, expect, it } from 'vitest'
import { binaryVersion, makeBinary, parseBinary } from '../../engine/host/binary.ts'
import type { FileTree } from '../../engine/host/files.ts'
import { makeStanzas, parseStanzas } from '../../engine/host/packages/control.ts'
import { makeDeb, parseDeb } from '../../engine/host/packages/deb.ts'
import { armoredKey, dearmored, keysIn } from '../../engine/host/packages/repository/model.ts'
import { companions, minorRepository, packageVersion } from '../../engine/host/packages/repository/kubernetes.ts'
import { siteAnswer } from '../../engine/host/packages/repository/sites.ts'
import { listName, parseSources } from '../../engine/host/packages/sources.ts'
import { makeStatus, parseStatus } from '../../engine/host/packages/status.ts'
import { compareDebVersions, parseRelations, satisfies } from '../../engine/host/packages/versions.ts'
import { makePackageBox } from './package-box.ts'
import type { PackageBox } from './package-box.ts'

describe('texts of packages', () => {
  it('compare versions as dpkg does', () => {
    const ascending = ['1.0~rc1', '1.0', '1.0-1', '1.0-1.1', '1.0a', '1.1', '1.10', '1:0.5', '2:0.1']
    expect([...ascending].reverse().sort(compareDebVersions)).toEqual(ascending)
    expect(compareDebVersions('1.34.1-1.1', '1.34.10-1.1')).toBeLessThan(0)
    expect(compareDebVersions('1.18.0-00', '1.18.0-00')).toBe(0)
  })

  it('read dependencies', () => {
    const [cni, runtimes] = parseRelations('kubernetes-cni (>= 1.2.0), containerd | containerd.io')
    expect(cni?.map((one) => satisfies(one, '1.7.1-1.1'))).toEqual([true])
    expect(cni?.map((one) => satisfies(one, '0.8.7-00'))).toEqual([false])
    expect(runtimes).toEqual([{ name: 'containerd' }, { name: 'containerd.io' }])
  })

  it('come back as they went: stanzas, status, archives, keys, binaries', () => {
    const text = 'Package: a\nDepends: b\n\nPackage: c\nDescription: one\n two\n\n'
    expect(makeStanzas(parseStanzas(text))).toBe(text)
    const status = 'Package: a\nStatus: hold ok installed\nVersion: 1\n\n'
    expect(makeStatus(parseStatus(status))).toBe(status)
    const deb = { control: { Package: 'x', Version: '1' }, files: [{ path: '/usr/bin/x', text: makeBinary('x', '1') }] }
    expect(parseDeb(makeDeb(deb))).toEqual(deb)
    expect(parseDeb('not a package')).toBeUndefined()
    const key = { id: '234654DA9A296436', owner: 'somebody' }
    expect(keysIn(armoredKey(key))).toEqual([key.id])
    expect(keysIn(dearmored(armoredKey(key)) ?? '')).toEqual([key.id])
    expect(parseBinary(makeBinary('kubelet', '1.35.3'))).toEqual({ program: 'kubelet', version: '1.35.3' })
  })

  it('read sources in both formats', () => {
    const line = 'deb [arch=amd64 signed-by=/k.gpg] https://pkgs.k8s.io/core:/stable:/v1.34/deb/ / # new\n'
    expect(parseSources('/x.list', line).sources).toEqual([
      { uri: 'https://pkgs.k8s.io/core:/stable:/v1.34/deb', suite: '/', components: [], signedBy: '/k.gpg' },
    ])
    expect(parseSources('/x.list', 'deb https://pkgs.k8s.io/\n').errors).toEqual([
      'E: Malformed entry 1 in list file /x.list (Suite)',
      'E: The list of sources could not be read.',
    ])
    expect(parseSources('/x.sources', 'Types: deb\nURIs: http://a/u\nSuites: s t\nComponents: main\n').sources).toHaveLength(2) // prettier-ignore
    expect(listName('https://pkgs.k8s.io/core:/stable:/v1.34/deb/Packages')).toBe('pkgs.k8s.io_core:_stable:_v1.34_deb_Packages') // prettier-ignore
  })
})

describe('the repositories', () => {
  it('are one a minor from 1.24 on, and one for all before', () => {
    expect(packageVersion('1.34.1')).toBe('1.34.1-1.1')
    expect(packageVersion('1.18.0')).toBe('1.18.0-00')
    expect(minorRepository(23)).toBeUndefined()
    const versions = minorRepository(33)?.components['']?.filter(({ name }) => name === 'kubeadm')
    expect(versions?.every(({ version }) => version.startsWith('1.33.'))).toBe(true)
    expect(companions('1.31.0').map(({ name, version }) => `${name} ${version}`)).toEqual([
      'cri-tools 1.31.1-1.1',
      'kubernetes-cni 1.5.1-1.1',
    ])
  })

  it('answer as web sites', () => {
    expect(siteAnswer('pkgs.k8s.io', '/core:/stable:/v1.99/deb/InRelease')?.code).toBe(403)
    expect(siteAnswer('dl.k8s.io', '/release/v1.34.1/bin/linux/amd64/kubectl')?.body).toBe(makeBinary('kubectl', '1.34.1')) // prettier-ignore
    expect(siteAnswer('dl.k8s.io', '/release/v1.34.99/bin/linux/amd64/kubectl')?.code).toBe(404)
    expect(siteAnswer('dl.k8s.io', '/release/stable-1.33.txt')?.body).toBe('v1.33.13')
    expect(siteAnswer('example.com', '/')).toBeUndefined()
  })
})

describe('a node of 1.34.1', () => {
  let box: PackageBox
  const run = (command: string, options = {}): string => box.run(command, options)
  const files = (): FileTree => box.hosts.get('node-1').files
  const useMinor = (minor: number): void =>
    files().put(
      '/etc/apt/sources.list.d/kubernetes.list',
      `deb [signed-by=/etc/apt/keyrings/kubernetes-apt-keyring.gpg] https://pkgs.k8s.io/core:/stable:/v1.${minor}/deb/ /\n`,
    )
  beforeEach(() => {
    box = makePackageBox('1.34.1')
  })

  it('has the packages of its release, on hold', () => {
    expect(run('dpkg -l kubeadm kubelet kubectl nope')).toContain('hi  kubeadm        1.34.1-1.1')
    expect(run('apt-mark showhold')).toBe('kubeadm\nkubectl\nkubelet\n')
    expect(run('dpkg -l nope')).toBe('dpkg-query: no packages found matching nope\n[1]')
    expect(binaryVersion(files(), '/usr/bin/kubelet')).toBe('1.34.1')
    expect(run('kubectl version')).toBe('kubectl v1.34.1\n')
  })

  it('sees the next minor only after its list file was changed and updated', () => {
    expect(run('apt-get update')).not.toContain('Get:')
    expect(run('apt-cache madison kubeadm')).not.toContain('1.35')
    useMinor(35)
    expect(run('apt-get install -y kubeadm=1.35.2-1.1')).toContain("E: Version '1.35.2-1.1' for 'kubeadm' was not found\n[100]") // prettier-ignore
    expect(run('apt-get update')).toContain(
      'Get:1 https://prod-cdn.packages.k8s.io/repositories/isv:/kubernetes:/core:/stable:/v1.35/deb  InRelease [1186 B]\n',
    )
    expect(run('apt-cache madison kubeadm').split('\n')[0]).toBe(
      '   kubeadm | 1.35.3-1.1 | https://pkgs.k8s.io/core:/stable:/v1.35/deb  Packages',
    )
    expect(run('apt-cache madison kubeadm')).not.toContain('1.34')
  })

  it('does not change what is held with -y, unless told', () => {
    expect(run('apt-get install -y kubeadm=1.34.2-1.1')).toContain(
      'The following held packages will be changed:\n  kubeadm\nThe following packages will be upgraded:\n  kubeadm\n1 upgraded, 0 newly installed, 0 to remove and 5 not upgraded.\nE: Held packages were changed and -y was used without --allow-change-held-packages.\n[100]',
    )
    expect(run('kubeadm version')).toBe('kubeadm v1.34.1\n')
    expect(run('apt-get upgrade', { stdin: 'n\n' })).toContain(
      'The following packages have been kept back:\n  kubeadm kubectl kubelet\n',
    )
    expect(run('apt-mark unhold kubeadm')).toBe('Canceled hold on kubeadm.\n')
    expect(run('apt-mark unhold kubeadm')).toBe('kubeadm was already not on hold.\n')
    expect(run("apt-get install -y kubeadm='1.34.2-*'")).toContain(
      "Selected version '1.34.2-1.1' (isv:kubernetes:core:stable:v1.34:pkgs.k8s.io [amd64]) for 'kubeadm'\n",
    )
    expect(run('kubeadm version')).toBe('kubeadm v1.34.2\n')
    expect(run('apt-mark hold kubeadm')).toBe('kubeadm set on hold.\n')
    expect(run('apt-get install -y --allow-change-held-packages kubectl=1.34.2-1.1')).toContain('Setting up kubectl (1.34.2-1.1) ...') // prettier-ignore
    expect(run('apt-mark showhold')).toBe('kubeadm\nkubectl\nkubelet\n')
  })

  it('tells which unit still runs what is gone', () => {
    run('systemctl start kubelet')
    const out = run('apt-get install -y --allow-change-held-packages kubelet=1.34.2-1.1')
    expect(out).toContain('Unpacking kubelet (1.34.2-1.1) over (1.34.1-1.1) ...\n')
    expect(out).toContain('Services to be restarted:\n systemctl restart kubelet.service\n')
  })

  it('refuses a downgrade with -y, unless told', () => {
    run('apt-mark unhold kubectl')
    expect(run('apt-get install -y kubectl=1.34.0-1.1')).toContain(
      'The following packages will be DOWNGRADED:\n  kubectl\n0 upgraded, 0 newly installed, 1 downgraded, 0 to remove and 5 not upgraded.\nE: Packages were downgraded and -y was used without --allow-downgrades.\n[100]',
    )
    expect(run('apt-get install -y --allow-downgrades kubectl=1.34.0-1.1')).toContain('Unpacking kubectl (1.34.0-1.1) over (1.34.1-1.1) ...') // prettier-ignore
    expect(run('kubectl version')).toBe('kubectl v1.34.0\n')
  })

  it('wants a key, a network and root', () => {
    files().remove('/etc/apt/keyrings/kubernetes-apt-keyring.gpg')
    const unsigned = run('apt-get update')
    expect(unsigned).toContain("W: GPG error: https://prod-cdn.packages.k8s.io/repositories/isv:/kubernetes:/core:/stable:/v1.34/deb  InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 234654DA9A296436\nE: The repository 'https://pkgs.k8s.io/core:/stable:/v1.34/deb  InRelease' is not signed.\n") // prettier-ignore
    expect(unsigned.endsWith('[100]')).toBe(true)
    run('curl -fsSL -o /tmp/Release.key https://pkgs.k8s.io/core:/stable:/v1.34/deb/Release.key')
    expect(run('gpg --dearmor -o /etc/apt/keyrings/kubernetes-apt-keyring.gpg /tmp/Release.key')).toBe('')
    expect(run('apt-get update')).toContain('Hit:1 ')
    box.network.dead = true
    expect(run('apt-get update')).toContain("Err:1 https://pkgs.k8s.io/core:/stable:/v1.34/deb  InRelease\n  Temporary failure resolving 'pkgs.k8s.io'\n") // prettier-ignore
    expect(run('apt-get install -y tcpdump')).toContain('E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n[100]') // prettier-ignore
    expect(run('apt-get install -y jq', { user: 'candidate' })).toBe(
      'E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?\n[100]',
    )
    expect(run('apt-mark hold jq', { user: 'candidate' })).toContain('E: Executing dpkg failed. Are you root?\n[100]')
  })

  it('lets one at a time', () => {
    const pid = box.start('apt-get install -y tcpdump')
    box.kernel.runUntil(box.kernel.now + 10)
    expect(run('apt-get install -y strace')).toBe(
      `E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process ${pid} (apt-get)\nN: Be aware that removing the lock file is not a solution and may break your system.\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?\n[100]`,
    )
    box.kernel.runUntil(box.kernel.now + 10_000)
    expect(run('apt-get install -y strace')).toContain('Setting up strace (6.8-0ubuntu2) ...')
    expect(run('dpkg -l tcpdump')).toContain('ii  tcpdump')
  })

  it('installs what something needs, and takes it away again', () => {
    expect(run('apt-get install nginx', { stdin: '\n' })).toContain('The following additional packages will be installed:\n  nginx-common\nThe following NEW packages will be installed:\n  nginx nginx-common\n') // prettier-ignore
    expect(run('systemctl is-enabled nginx')).toBe('enabled\n')
    expect(run('apt-get remove -y nginx')).toContain('The following package was automatically installed and is no longer required:\n  nginx-common\n') // prettier-ignore
    expect(run('apt-get autoremove -y')).toContain('Removing nginx-common (1.24.0-2ubuntu7.1) ...\n')
    expect(run('nginx')).toContain('command not found')
    expect(run('apt-get install nosuch')).toContain('E: Unable to locate package nosuch\n[100]')
    expect(run('apt-get install jq')).toContain('jq is already the newest version (1.7.1-3build1).\n')
  })

  it('keeps conffiles at a removal and takes them at a purge', () => {
    expect(run('apt-get remove -y --allow-change-held-packages kubelet')).toContain('Removing kubelet (1.34.1-1.1) ...')
    expect(run('dpkg -l kubelet')).toContain('rc  kubelet')
    expect(run('kubelet --version')).toContain('command not found')
    expect(files().exists('/etc/default/kubelet')).toBe(true)
    expect(run('apt-get purge -y kubelet')).toContain('Purging configuration files for kubelet (1.34.1-1.1) ...')
    expect(files().exists('/etc/default/kubelet')).toBe(false)
  })

  it('installs archives by dpkg, which wants their needs met', () => {
    run('curl -sLo /tmp/cri.deb https://github.com/Mirantis/cri-dockerd/releases/download/v0.3.22/cri-dockerd_0.3.22.3-0.ubuntu-jammy_amd64.deb') // prettier-ignore
    expect(run('dpkg -i /tmp/cri.deb')).toContain('Setting up cri-dockerd (0.3.22.3-0~ubuntu-jammy) ...\n')
    expect(run('dpkg -S /usr/bin/cri-dockerd')).toBe('cri-dockerd: /usr/bin/cri-dockerd\n')
    expect(run('dpkg -i /nope.deb')).toBe(
      "dpkg: error: cannot access archive '/nope.deb': No such file or directory\n[2]",
    )
    run('apt-get download nginx')
    const failed = run('dpkg -i nginx_1.24.0-2ubuntu7.1_amd64.deb')
    expect(failed).toContain('dpkg: dependency problems prevent configuration of nginx:\n nginx depends on nginx-common (= 1.24.0-2ubuntu7.1); however:\n  Package nginx-common is not installed.\n') // prettier-ignore
    expect(run('dpkg -l nginx')).toContain('iU  nginx')
    expect(run('dpkg --configure -a')).toContain(
      'dpkg: error processing package nginx (--configure):\n dependency problems - leaving unconfigured\n',
    )
    expect(run('apt-get install -y strace')).toContain(" nginx : Depends: nginx-common (= 1.24.0-2ubuntu7.1) but it is not installed\nE: Unmet dependencies. Try 'apt --fix-broken install' with no packages (or specify a solution).\n[100]") // prettier-ignore
    const mended = run('apt-get install -f -y')
    expect(mended).toContain('Correcting dependencies...\n')
    expect(mended).toContain('Setting up nginx (1.24.0-2ubuntu7.1) ...')
    expect(run('dpkg -l nginx')).toContain('ii  nginx')
    run('apt-get download tree')
    run('apt-get download strace')
    expect(run('apt-get install -y ./strace_6.8-0ubuntu2_amd64.deb')).toContain("Note, selecting 'strace' instead of './strace_6.8-0ubuntu2_amd64.deb'\n") // prettier-ignore
    expect(run('dpkg -r containerd')).toContain('dpkg: dependency problems prevent removal of containerd:\n cri-dockerd depends on containerd.\n') // prettier-ignore
  })

  it('runs a downloaded binary at its own version', () => {
    run('curl -sLO https://dl.k8s.io/release/v1.31.0/bin/linux/amd64/kubectl')
    expect(run('install -o root -g root -m 0755 kubectl /usr/local/bin/kubectl')).toBe('')
    expect(run('kubectl version')).toBe('kubectl v1.31.0\n')
    expect(run('/usr/bin/kubectl version')).toBe('/usr/bin/kubectl v1.34.1\n')
  })

  it('only simulates with -s', () => {
    expect(run('apt-get install -s kubectl=1.34.2-1.1', { user: 'candidate' })).toContain(
      'Inst kubectl [1.34.1-1.1] (1.34.2-1.1 isv:kubernetes:core:stable:v1.34:pkgs.k8s.io [amd64])\nConf kubectl (1.34.2-1.1 isv:kubernetes:core:stable:v1.34:pkgs.k8s.io [amd64])\n',
    )
    expect(run('kubectl version')).toBe('kubectl v1.34.1\n')
  })
})

describe('a node of an old release', () => {
  it('takes its packages from the old repository, whose kubelet restarts by itself', () => {
    const box = makePackageBox('1.18.0')
    expect(box.run('dpkg -l kubeadm')).toContain('hi  kubeadm        1.18.0-00')
    box.run('apt-get update')
    expect(box.run('apt-cache madison kubeadm')).toContain(
      '   kubeadm |  1.19.0-00 | https://apt.kubernetes.io kubernetes-xenial/main amd64 Packages\n',
    )
    expect(box.run('apt-get install -y --allow-change-held-packages kubeadm=1.19.0-00')).toContain(
      'Get:2 https://packages.cloud.google.com/apt kubernetes-xenial/main amd64 kubeadm amd64 1.19.0-00 [',
    )
    expect(box.run('kubeadm version')).toBe('kubeadm v1.19.0\n')
  })
})
