/** [certs]: authorities and certificates that are not there yet. Models cmd/kubeadm/app/phases/certs/certs.go (P1, P7). */
import type { Proc, Run } from '../../../host/process.ts'
import { dateProblem, isSignedBy } from '../../../pki/index.ts'
import type { Certificate } from '../../../pki/index.ts'
import type { AuthoritySpec, CertificateHost, LeafSpec } from '../artifacts/certificates.ts'
import { newAuthority, newLeaf, readPair, signingAuthority, writePair, writeServiceAccountKey } from '../certificate-files.ts' // prettier-ignore
import type { ClusterConfiguration } from '../config/types.ts'
import { KubeadmError } from '../errors.ts'
import { exists, say } from '../session.ts'

/** What has to be certified, and where. */
export interface Certifying {
  cluster: ClusterConfiguration
  host: CertificateHost
  dir: string
}

const baseName = (path: string): string => path

export function* createAuthority(p: Proc, { cluster, dir }: Certifying, spec: AuthoritySpec): Run<void> {
  const base = `${dir}/${spec.path}`
  const there = yield* readPair(p, base)
  if (there !== undefined) {
    if (there.certificate.basicConstraints?.ca !== true) throw new KubeadmError(`certificate ${spec.path} is not a CA`)
    checkDates(spec.path, there.certificate, yield* p.now())
    if (there.key === undefined)
      return yield* say(p, `[certs] Using existing ${baseName(spec.path)} keyless certificate authority`)
    return yield* say(p, `[certs] Using existing ${baseName(spec.path)} certificate authority`)
  }
  yield* say(p, `[certs] Generating ${JSON.stringify(spec.path)} certificate and key`)
  yield* writePair(p, base, yield* newAuthority(p, spec, cluster))
}

function checkDates(name: string, certificate: Certificate, nowMs: number): void {
  const problem = dateProblem(certificate, nowMs)
  if (problem !== undefined) throw new KubeadmError(`failure loading certificate ${name}: ${problem}`)
}

export function* createLeaf(p: Proc, { cluster, host, dir }: Certifying, spec: LeafSpec): Run<void> {
  const base = `${dir}/${spec.path}`
  const subject = spec.subject(cluster, host)
  const there = yield* readPair(p, base)
  if (there !== undefined) {
    const authority = yield* readPair(p, `${dir}/${spec.authority}`)
    if (authority !== undefined && !isSignedBy(there.certificate, authority.certificate))
      throw new KubeadmError(`certificate ${spec.path} not signed by CA certificate ${spec.authority}: crypto/rsa: verification error`) // prettier-ignore
    return yield* say(p, `[certs] Using existing ${spec.path} certificate and key on disk`)
  }
  const authority = yield* signingAuthority(p, dir, spec.authority)
  yield* say(p, `[certs] Generating ${JSON.stringify(spec.path)} certificate and key`)
  if (subject.usages.includes('serverAuth')) {
    const { dns = [], ips = [] } = subject.altNames ?? {}
    yield* say(
      p,
      `[certs] ${spec.path} serving cert is signed for DNS names [${dns.join(' ')}] and IPs [${ips.join(' ')}]`,
    )
  }
  yield* writePair(p, base, yield* newLeaf(p, authority, subject, cluster))
}

export function* createServiceAccountKey(p: Proc, { cluster, dir }: Certifying): Run<void> {
  if ((yield* exists(p, `${dir}/sa.key`)) && (yield* exists(p, `${dir}/sa.pub`)))
    return yield* say(p, '[certs] Using the existing "sa" key')
  yield* say(p, '[certs] Generating "sa" key and public key')
  yield* writeServiceAccountKey(p, dir, cluster)
}
