/** Certificates between the cluster and real clients outside of the simulation, at a port that leads in. */
import type { Host } from '../host/host.ts'
import type { HttpRequest } from '../fabric/http.ts'
import { API_PORT } from '../api/server.ts'
import { isAddress, numberFrom, poolKey } from '../pki/index.ts'
import { apiServerNames, clientCertificate } from './identity.ts'
import type { ClusterPki } from './identity.ts'
import type { ClusterPlan, PlannedHost } from './plan.ts'

/** A certificate for further names of the API server, signed by the cluster's authority. All as PEM. */
export function servingIdentity(
  { plan, pki, seed }: { plan: ClusterPlan; pki: ClusterPki; seed: string },
  names: readonly string[],
): { ca: string; certificate: string; key: string } {
  const own = apiServerNames(plan, plan.controlPlanes[0] as PlannedHost)
  const altNames = {
    dns: [...(own.dns ?? []), ...names.filter((name) => !isAddress(name))],
    ips: [...(own.ips ?? []), ...names.filter(isAddress)],
  }
  const key = poolKey(Number(numberFrom(4, 'edge', seed)))
  const identity = pki.issue(pki.ca, { commonName: 'kube-apiserver', usages: ['serverAuth'], altNames }, key)
  return { ca: pki.ca.certificate.text(), certificate: identity.certificate.text(), key: identity.key }
}

/** What an API server makes of a client's certificate, by the files of its host. */
export function outsideClient(host: Host | undefined, nowMs: number, pem: string): HttpRequest['certificate'] {
  return clientCertificate({ host, port: API_PORT, nowMs }, pem)
}
