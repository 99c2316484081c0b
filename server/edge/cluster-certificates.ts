/** A served cluster shows its own certificates: signed by its authority, dated by its clock. */
import { X509Certificate } from 'node:crypto'
import { parseYaml } from '../../engine/index.ts'
import type { Flight } from '../../engine/index.ts'
import { makeCertificates } from './certificates.ts'
import type { ServedCertificates } from './certificates.ts'
import type { EdgeOptions } from './edge.ts'

export interface Served extends Pick<EdgeOptions, 'identify'> {
  certificates: ServedCertificates
}

interface Kubeconfig {
  users: { user: Record<string, string> }[]
}

const decoded = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString()

/** The administrator as kubeadm's admin.conf has it. */
function adminOf(flight: Flight): ServedCertificates['admin'] {
  const config = parseYaml(flight.cluster.hosts.get('base').files.text('/root/.kube/config') ?? '') as Kubeconfig
  const user = config.users[0]?.user
  return { certificate: decoded(user?.['client-certificate-data']), key: decoded(user?.['client-key-data']) }
}

/**
 * What to show at a port that is reached by `names`. Real clients check dates with the wall clock: a cluster whose
 * clock is far from it is served with certificates made for the purpose.
 */
export function servedCertificates(flight: Flight, names: string[]): Served {
  const { ca, certificate, key } = flight.cluster.servingIdentity(['localhost', '127.0.0.1', '::1', ...names])
  const { validFrom, validTo } = new X509Certificate(certificate)
  const now = Date.now()
  if (now < Date.parse(validFrom) || now > Date.parse(validTo)) return { certificates: makeCertificates(names) }
  return {
    certificates: { ca, server: { certificate, key }, admin: adminOf(flight) },
    identify: (pem) => flight.cluster.clientOf(pem),
  }
}
