/** TLS with and among members of etcd (O2, O8b): what was issued here and still stands is believed without a look at its text. */
import type { EtcdTls } from '../etcd/config.ts'
import { handshake } from '../etcd/tls.ts'
import type { HandshakeProblem } from '../etcd/tls.ts'
import { sourceOf } from '../host/files.ts'
import type { FileNode } from '../host/files.ts'
import { issuedAs } from './identity.ts'

/** Files as one side sees them. */
export interface TlsFileView {
  node(path: string): FileNode | undefined
  text(path: string): string | undefined
}

export interface EtcdClientSide {
  files: TlsFileView
  isTls: boolean
  /** What it calls the server. */
  name: string
  caFile: string
  certFile: string
  keyFile: string
}

export interface EtcdServerSide {
  files: TlsFileView
  tls: EtcdTls | undefined
}

/** Why the two do not come together, in the words of both sides; undefined: they do. */
export function tlsProblem(
  client: EtcdClientSide,
  server: EtcdServerSide,
  nowMs: number,
): HandshakeProblem | undefined {
  if (isKnownGood(client, server, nowMs)) return undefined
  const text = (path: string): string | undefined => (path === '' ? undefined : client.files.text(path))
  const [trusted, certificate, key] = [text(client.caFile), text(client.certFile), text(client.keyFile)]
  return handshake(
    {
      isTls: client.isTls,
      serverName: client.name,
      ...(trusted !== undefined && { trusted }),
      ...(certificate !== undefined && { certificate }),
      ...(key !== undefined && { key }),
    },
    { read: (path) => server.files.text(path), nowMs, ...(server.tls && { tls: server.tls }) },
  )
}

function isKnownGood(client: EtcdClientSide, { files, tls }: EtcdServerSide, nowMs: number): boolean {
  if (tls === undefined || !client.isTls) return tls === undefined && !client.isTls
  const isServerGood = isIssued(
    { files, cert: tls.certFile, key: tls.keyFile },
    { files: client.files, ca: client.caFile, nowMs, name: client.name },
  )
  if (!isServerGood || !tls.clientCertAuth) return isServerGood
  const own = { files: client.files, cert: client.certFile, key: client.keyFile }
  return isIssued(own, { files, ca: tls.trustedCaFile, nowMs })
}

interface Shown {
  files: TlsFileView
  cert: string
  key: string
}

interface Judge {
  files: TlsFileView
  ca: string
  nowMs: number
  name?: string
}

/** Whether a certificate is one that was issued here, by the authority that the judge trusts, with its own key. */
function isIssued(shown: Shown, judge: Judge): boolean {
  const issued = issuedAs(sourceOf(shown.files.node(shown.cert)))
  if (issued === undefined || issued.authority !== sourceOf(judge.files.node(judge.ca))) return false
  const { dns = [], ips = [] } = issued.subject.altNames ?? {}
  const isNamed = judge.name === undefined || dns.includes(judge.name) || ips.includes(judge.name)
  const isNow = judge.nowMs >= issued.notBeforeMs && judge.nowMs <= issued.notAfterMs
  return isNamed && isNow && shown.files.text(shown.key) === issued.key
}
