/** [certs] of `init`: authorities, certificates, the service accounts' key. Models cmd/kubeadm/app/cmd/phases/init/certs.go. */
import type { Proc, Run } from '../../../host/process.ts'
import { AUTHORITIES, LEAVES } from '../artifacts/certificates.ts'
import type { AuthoritySpec, LeafSpec } from '../artifacts/certificates.ts'
import { createAuthority, createLeaf, createServiceAccountKey } from '../certs/create.ts'
import type { Certifying } from '../certs/create.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { InitData } from './data.ts'

const certifying = ({ cluster, init, dirs }: InitData): Certifying => ({
  cluster,
  host: { name: init.nodeRegistration.name, address: init.localAPIEndpoint.advertiseAddress },
  dir: dirs.certificates,
})

const isEtcds = (path: string): boolean => path.startsWith('etcd') || path === 'apiserver-etcd-client'
const wanted =
  (path: string) =>
  ({ cluster }: InitData): boolean =>
    cluster.etcd.external === undefined || !isEtcds(path)

const authorityPhase = (spec: AuthoritySpec): Phase<InitData> => ({
  name: spec.name,
  short: `Generate the ${spec.longName}`,
  when: wanted(spec.path),
  *run(p, data) {
    yield* createAuthority(p, certifying(data), spec)
  },
})

const leafPhase = (spec: LeafSpec): Phase<InitData> => ({
  name: spec.name,
  short: `Generate the ${spec.longName}`,
  when: wanted(spec.path),
  *run(p: Proc, data: InitData): Run<void> {
    yield* createLeaf(p, certifying(data), spec)
  },
})

/** Each authority, then what it signs. */
const signed = AUTHORITIES.flatMap((authority) => [
  authorityPhase(authority),
  ...LEAVES.filter((leaf) => leaf.authority === authority.path).map(leafPhase),
])

export const certsPhase: Phase<InitData> = {
  name: 'certs',
  short: 'Certificate generation',
  *run(p, data) {
    yield* say(p, `[certs] Using certificateDir folder ${JSON.stringify(data.dirs.certificates)}`)
  },
  phases: [
    { name: 'all', short: 'Generate all certificates', runsSiblings: true },
    ...signed,
    {
      name: 'sa',
      short: 'Generate a private key for signing service account tokens along with its public key',
      *run(p, data) {
        yield* createServiceAccountKey(p, certifying(data))
      },
    },
  ],
}
