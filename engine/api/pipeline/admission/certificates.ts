/** Who may approve and sign which certificates. Models plugin/pkg/admission/certificates. */
import { deepEqual } from '../../../objects/equal.ts'
import { organizationsOf, parseRequest } from '../../../pki/index.ts'
import type { CertificateSigningRequest, ClusterTrustBundle } from '../../../objects/types.gen.ts'
import type { Core } from '../../core.ts'
import type { Flight, RequestInfo } from '../../flight.ts'
import { authorize } from '../authorization.ts'
import { deny, pass } from './plugin.ts'
import type { Attributes, Plugin } from './plugin.ts'

const GROUP = 'certificates.k8s.io'

/** A right on the signer by its name, or on all of its domain. */
function mayAct(core: Core, flight: Flight, verb: string, signer: string): boolean {
  const about = (name: string): RequestInfo =>
    ({
      ...flight.info,
      isResource: true,
      verb,
      group: GROUP,
      resource: 'signers',
      subresource: '',
      namespace: '',
      name,
    }) as RequestInfo
  const domain = `${signer.split('/')[0]}/*`
  return authorize(core, about(signer), flight.user) || authorize(core, about(domain), flight.user)
}

const signerOf = ({ oldObject }: Attributes): string => (oldObject as CertificateSigningRequest).spec?.signerName ?? ''

export const certificateApproval: Plugin = {
  name: 'CertificateApproval',
  operations: ['UPDATE'],
  resources: ['certificatesigningrequests.certificates.k8s.io/approval'],
  validate(core, flight, attrs) {
    const signer = signerOf(attrs)
    return mayAct(core, flight, 'approve', signer)
      ? pass(attrs)
      : deny(attrs, `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`)
  },
}

export const certificateSigning: Plugin = {
  name: 'CertificateSigning',
  operations: ['UPDATE'],
  resources: ['certificatesigningrequests.certificates.k8s.io/status'],
  validate(core, flight, attrs) {
    const [next, old] = [attrs.object, attrs.oldObject] as [CertificateSigningRequest, CertificateSigningRequest]
    const isSame =
      next.status?.certificate === old.status?.certificate &&
      deepEqual(next.status?.conditions ?? [], old.status?.conditions ?? [])
    const signer = signerOf(attrs)
    return isSame || mayAct(core, flight, 'sign', signer)
      ? pass(attrs)
      : deny(attrs, `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`)
  },
}

const CLIENT = 'kubernetes.io/kube-apiserver-client'
const MASTERS = 'system:masters'

export const certificateSubjectRestriction: Plugin = {
  name: 'CertificateSubjectRestriction',
  operations: ['CREATE'],
  resources: ['certificatesigningrequests.certificates.k8s.io'],
  validate(_core, _flight, attrs) {
    const { spec } = attrs.object as CertificateSigningRequest
    if (spec?.signerName !== CLIENT) return pass(attrs)
    return organizations(spec.request).includes(MASTERS)
      ? deny(attrs, `use of ${CLIENT} signer with ${MASTERS} group is not allowed`)
      : pass(attrs)
  },
}

/** The organizations that a request asks for; none when it cannot be read, which validation tells. */
function organizations(request: string | undefined): readonly string[] {
  try {
    const parsed = parseRequest(atob(request ?? ''))
    return parsed === undefined ? [] : organizationsOf(parsed.subject)
  } catch {
    return []
  }
}

/** Models plugin/pkg/admission/certificates/ctbattest. */
export const clusterTrustBundleAttest: Plugin = {
  name: 'ClusterTrustBundleAttest',
  operations: ['CREATE', 'UPDATE'],
  resources: ['clustertrustbundles.certificates.k8s.io'],
  validate(core, flight, attrs) {
    const signer = (attrs.object as ClusterTrustBundle).spec?.signerName ?? ''
    return signer === '' || mayAct(core, flight, 'attest', signer)
      ? pass(attrs)
      : deny(attrs, `user not permitted to attest for signerName ${JSON.stringify(signer)}`)
  },
}
