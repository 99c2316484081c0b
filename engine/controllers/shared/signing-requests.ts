/** What the controllers of certificate requests share. Models pkg/controller/certificates/certificate_controller_utils.go. */
import { parseRequest } from '../../pki/index.ts'
import type { CertificateRequest } from '../../pki/index.ts'
import { commonNameOf, organizationsOf } from '../../pki/index.ts'
import type { CertificateSigningRequest } from '../../objects/types.gen.ts'

export const REQUESTS = 'certificates.k8s.io/v1/certificatesigningrequests'

export const SIGNERS = {
  client: 'kubernetes.io/kube-apiserver-client',
  kubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  kubeletServing: 'kubernetes.io/kubelet-serving',
  legacyUnknown: 'kubernetes.io/legacy-unknown',
} as const

type Csr = CertificateSigningRequest

export const hasCondition = (csr: Csr, type: string): boolean =>
  (csr.status?.conditions ?? []).some((condition) => condition.type === type)

export const isApproved = (csr: Csr): boolean => hasCondition(csr, 'Approved') && !hasCondition(csr, 'Denied')

/** The request inside; undefined when it cannot be read. */
export function requestOf(csr: Csr): CertificateRequest | undefined {
  try {
    return parseRequest(atob(csr.spec?.request ?? ''))
  } catch {
    return undefined
  }
}

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one) => b.includes(one))

const KUBELET_CLIENT = [
  ['key encipherment', 'digital signature', 'client auth'],
  ['digital signature', 'client auth'],
]
const KUBELET_SERVING = [
  ['key encipherment', 'digital signature', 'server auth'],
  ['digital signature', 'server auth'],
]

const one = (values: readonly string[], wanted: string): boolean => values.length === 1 && values[0] === wanted

/** Why a request is none of a kubelet's client; undefined when it is one. Models pkg/apis/certificates/helpers.go. */
export function kubeletClientProblem(request: CertificateRequest, usages: readonly string[]): string | undefined {
  const { subject, altNames } = request
  if (!one(organizationsOf(subject), 'system:nodes')) return 'subject organization is not system:nodes'
  if (altNames.dns.length > 0) return 'DNS subjectAltNames are not allowed'
  if (altNames.emails.length > 0) return 'Email subjectAltNames are not allowed'
  if (altNames.ips.length > 0) return 'IP subjectAltNames are not allowed'
  if (altNames.uris.length > 0) return 'URI subjectAltNames are not allowed'
  if (!commonNameOf(subject).startsWith('system:node:')) return 'subject common name does not begin with system:node:'
  if (!KUBELET_CLIENT.some((set) => sameSet(set, usages)))
    return 'usages did not match [key encipherment,digital signature,client auth] or [digital signature,client auth]'
  return undefined
}

export function kubeletServingProblem(request: CertificateRequest, usages: readonly string[]): string | undefined {
  const { subject, altNames } = request
  if (!one(organizationsOf(subject), 'system:nodes')) return 'subject organization is not system:nodes'
  if (altNames.dns.length === 0 && altNames.ips.length === 0) return 'DNS or IP subjectAltName is required'
  if (altNames.emails.length > 0) return 'Email subjectAltNames are not allowed'
  if (altNames.uris.length > 0) return 'URI subjectAltNames are not allowed'
  if (!KUBELET_SERVING.some((set) => sameSet(set, usages)))
    return 'usages did not match [key encipherment,digital signature,server auth] or [digital signature,server auth]'
  if (!commonNameOf(subject).startsWith('system:node:')) return 'subject common name does not begin with system:node:'
  return undefined
}
