/**
 * What sites outside of the simulation answer: package repositories, release binaries of Kubernetes and of
 * etcd, cri-dockerd's packages. A pure function of host name and path. Not modelled: any other site.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { RELEASES, NEWEST_MINOR, isPublished, latestOf } from '../../../versions/releases.ts'
import { makeBinary } from '../../binary.ts'
import { makeDeb } from '../deb.ts'
import { etcdArchive } from './etcd-release.ts'
import { minorRepository, oldRepository } from './kubernetes.ts'
import { armoredKey, debOf, serve } from './model.ts'
import type { Repository, SiteAnswer } from './model.ts'
import { DOCKER_REPOSITORY, criDockerd } from './others.ts'
import { UBUNTU_REPOSITORIES } from './ubuntu.ts'

const ok = (body: string): SiteAnswer => ({ code: 200, body, headers: { 'content-length': String(body.length) } })
const notFound: SiteAnswer = { code: 404, body: 'Not Found\n', headers: { 'content-type': 'text/plain' } }
const forbidden: SiteAnswer = { code: 403, body: 'Forbidden\n', headers: { 'content-type': 'text/plain' } }

type Site = (path: string) => SiteAnswer

function fromAll(repositories: () => readonly Repository[], otherwise = notFound): (host: string) => Site {
  return (host) => (path) => {
    for (const repository of repositories()) {
      const base = `${repository.base}/`
      const full = `${host}${path}`
      const answer = full.startsWith(base) ? serve(repository, full.slice(base.length)) : undefined
      if (answer !== undefined) return answer
    }
    return otherwise
  }
}

function kubernetesMinor(host: string): Site {
  return (path) => {
    const minor = /^\/core:\/stable:\/v1\.(\d+)\//.exec(path)?.[1]
    const repository = minor === undefined ? undefined : minorRepository(Number(minor))
    return repository === undefined ? forbidden : fromAll(() => [repository])(host)(path)
  }
}

const PROGRAMS = ['kubeadm', 'kubectl', 'kubelet', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'] // prettier-ignore

/** dl.k8s.io: `release/stable.txt`, `release/v1.34.1/bin/linux/amd64/kubectl` and its `.sha256`. */
function downloads(path: string): SiteAnswer {
  const stable = /^\/release\/stable(?:-1\.(\d+))?\.txt$/.exec(path)
  if (stable !== null) {
    const minor = Number(stable[1] ?? NEWEST_MINOR)
    return RELEASES[minor] === undefined ? notFound : ok(`v${latestOf(minor)}`)
  }
  const file = /^\/(?:release\/)?v([\d.]+)\/bin\/linux\/amd64\/([\w-]+)(\.sha256|\.sha512)?$/.exec(path)
  const [, version = '', program = '', sum] = file ?? []
  if (!isPublished(version) || !PROGRAMS.includes(program) || sum === '.sha512') return notFound
  const text = makeBinary(program, version)
  return ok(sum === undefined ? text : sha256Hex(text))
}

function sha256Hex(text: string): string {
  return [...sha256(Uint8Array.from(text, (letter) => letter.charCodeAt(0)))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
}

function github(path: string): SiteAnswer {
  const archive = etcdArchive(path)
  if (archive !== undefined) return ok(archive)
  const deb =
    /^\/Mirantis\/cri-dockerd\/releases\/download\/v([\d.]+)\/cri-dockerd_[\d.]+-0\.ubuntu-\w+_amd64\.deb$/.exec(path)
  return deb === null ? notFound : ok(makeDeb(debOf(criDockerd(deb[1] ?? ''))))
}

const SITES: Readonly<Record<string, (host: string) => Site>> = {
  'archive.ubuntu.com': fromAll(() => UBUNTU_REPOSITORIES),
  'security.ubuntu.com': fromAll(() => UBUNTU_REPOSITORIES),
  'pkgs.k8s.io': kubernetesMinor,
  'apt.kubernetes.io': fromAll(() => [oldRepository()]),
  'packages.cloud.google.com': () => (path) =>
    path === '/apt/doc/apt-key.gpg' ? ok(armoredKey(oldRepository().key)) : notFound,
  'download.docker.com': (host) => (path) =>
    path === '/linux/ubuntu/gpg'
      ? ok(armoredKey(DOCKER_REPOSITORY.key))
      : fromAll(() => [DOCKER_REPOSITORY])(host)(path),
  'dl.k8s.io': () => downloads,
  'cdn.dl.k8s.io': () => downloads,
  'github.com': () => github,
}

/** Names of the sites that answer. */
export const SITE_NAMES: readonly string[] = Object.keys(SITES)

/** What a site answers to a GET; undefined: no such site. */
export function siteAnswer(host: string, path: string): SiteAnswer | undefined {
  return SITES[host]?.(host)(path)
}
