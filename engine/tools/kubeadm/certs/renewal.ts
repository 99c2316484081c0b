/** What can be renewed: leaves and kubeconfigs, in the order of their names. Models cmd/kubeadm/app/phases/certs/renewal (manager.go) (P4). */
import type { Proc, Run } from '../../../host/process.ts'
import { makeYaml, parseYaml } from '../../../objects/yaml.ts'
import { parseCertificate } from '../../../pki/index.ts'
import type { Certificate } from '../../../pki/index.ts'
import { authoritiesOf, leavesOf } from '../artifacts/certificates.ts'
import type { AuthoritySpec } from '../artifacts/certificates.ts'
import { encode, kubeconfigSpecs } from '../artifacts/kubeconfigs.ts'
import { newLeaf, readCertificate, signingAuthority, subjectOf, writePair } from '../certificate-files.ts'
import type { ClusterConfiguration, Fields } from '../config/types.ts'
import { KubeadmError } from '../errors.ts'
import { conf } from '../paths.ts'
import { connectionFrom, errnoText, exists, readText, write } from '../session.ts'

export interface Renewable {
  /** `apiserver`, `admin.conf`. */
  name: string
  longName: string
  /** Path of its authority: `ca`, `etcd/ca`. */
  authority: string
  kind: 'certificate' | 'kubeconfig'
  /** Path under the certificates' folder, or of the file. */
  path: string
}

export const authorityName = (path: string): string => (path === 'etcd/ca' ? 'etcd-ca' : path)

/** kubelet.conf is not among them: its kubelet renews it. */
export function renewables(cluster: ClusterConfiguration): Renewable[] {
  const leaves = leavesOf(cluster).map(({ name, longName, authority, path }): Renewable => ({
    name,
    longName,
    authority,
    kind: 'certificate',
    path,
  }))
  const files = kubeconfigSpecs(cluster, { name: '', address: '', bindPort: 0 })
    .filter(({ file }) => file !== 'kubelet')
    .map(({ file, longName }): Renewable => ({
      name: `${file}.conf`,
      longName,
      authority: 'ca',
      kind: 'kubeconfig',
      path: conf(file),
    }))
  return [...leaves, ...files].sort((a, b) => (a.name < b.name ? -1 : 1))
}

export const renewableAuthorities = (cluster: ClusterConfiguration): AuthoritySpec[] =>
  authoritiesOf(cluster).sort((a, b) => (a.name < b.name ? -1 : 1))

/** The certificate as it stands; undefined: it is missing. */
export function* currentCertificate(p: Proc, dir: string, one: Renewable): Run<Certificate | undefined> {
  if (one.kind === 'certificate') return yield* readCertificate(p, `${dir}/${one.path}`)
  const file = yield* p.readFile(one.path)
  if ('text' in file) return parseCertificate((yield* connectionFrom(p, file.text, one.path)).tls.cert ?? '')
  if (file.error === 'ENOENT') return undefined
  throw new KubeadmError(`failed to load kubeConfig file ${one.path}: open ${one.path}: ${errnoText(file.error)}`)
}

/** The authority's key is kept somewhere else. */
export function* isExternal(p: Proc, dir: string, authority: string): Run<boolean> {
  return (yield* exists(p, `${dir}/${authority}.crt`)) && !(yield* exists(p, `${dir}/${authority}.key`))
}

export type Renewed = 'renewed' | 'missing' | 'external'

/** A new certificate with the names of the old one. */
export function* renew(p: Proc, cluster: ClusterConfiguration, dir: string, one: Renewable): Run<Renewed> {
  const current = yield* currentCertificate(p, dir, one)
  if (current === undefined) return 'missing'
  if (yield* isExternal(p, dir, one.authority)) return 'external'
  const authority = yield* signingAuthority(p, dir, one.authority)
  const leaf = yield* newLeaf(p, authority, subjectOf(current), cluster)
  if (one.kind === 'certificate') yield* writePair(p, `${dir}/${one.path}`, leaf)
  else {
    const credentials = {
      'client-certificate-data': encode(leaf.certificatePem),
      'client-key-data': encode(leaf.keyPem),
    }
    const config = parseYaml((yield* readText(p, one.path)) ?? '') as Fields
    yield* write(p, one.path, makeYaml(withCredentials(config, credentials, authority.certificatePem)), 0o600)
  }
  return 'renewed'
}

/** The same file with other credentials and today's authority. */
function withCredentials(config: Fields, credentials: Fields, ca: string): Fields {
  const users = (config['users'] ?? []) as { name: string }[]
  const clusters = (config['clusters'] ?? []) as { name: string; cluster: Fields }[]
  return {
    ...config,
    clusters: clusters.map(({ name, cluster }) => ({
      name,
      cluster: { ...cluster, 'certificate-authority-data': encode(ca) },
    })),
    users: users.map(({ name }) => ({ name, user: credentials })),
  }
}
