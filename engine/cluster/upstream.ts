/** What lies outside the cluster, as far as names go: a site DNS that knows a few public names. */
import { SITE_NAMES, siteAnswer } from '../host/packages/repository/sites.ts'
import { ADDON_SITES, networkAddonSite } from './network-addons.ts'
import type { HttpResponse } from '../fabric/http.ts'
import type { Upstream } from '../network/core-dns.ts'

/** Public names that answer, with addresses of the documentation ranges; only the sites of packages and releases listen. */
const KNOWN: Record<string, string> = {
  'kubernetes.io': '203.0.113.10',
  'www.kubernetes.io': '203.0.113.10',
  'google.com': '203.0.113.20',
  'www.google.com': '203.0.113.20',
  'github.com': '203.0.113.30',
  'example.com': '203.0.113.40',
  'www.example.com': '203.0.113.40',
  'registry.k8s.io': '203.0.113.50',
  ...Object.fromEntries(SITE_NAMES.map((name, index) => [name, `203.0.113.${60 + index}`])),
  ...Object.fromEntries(ADDON_SITES.map((name, index) => [name, `203.0.113.${90 + index}`])),
}
const SITE_SERVER = '172.30.1.1'
const PUBLIC_SERVERS = new Set([SITE_SERVER, '8.8.8.8', '8.8.4.4', '1.1.1.1', '9.9.9.9'])

export const upstreamDns: Upstream = {
  nameservers: () => [SITE_SERVER],
  ask(_host, server, name) {
    if (!PUBLIC_SERVERS.has(server)) return undefined
    const address = KNOWN[name.toLowerCase()]
    return address === undefined ? { rcode: 'NXDOMAIN', addresses: [] } : { rcode: 'NOERROR', addresses: [address] }
  },
}

/** What a site on the Internet answers: package repositories, release binaries, manifests of network add-ons. */
export function upstreamSite(name: string, path: string): HttpResponse | undefined {
  return networkAddonSite(name, path) ?? siteAnswer(name, path)
}
