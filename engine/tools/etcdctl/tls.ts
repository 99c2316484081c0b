/** The files of --cacert, --cert and --key. Models client/pkg/transport (TLSInfo.ClientConfig) and tlsutil. */
import type { Errno, Proc, Run } from '../../host/process.ts'
import { parseCertificate, parseKeyPem, publicPartOf, samePublicKey } from '../../pki/index.ts'
import type { ClientTls } from './client.ts'
import { badArgs } from './exit.ts'

const REASONS: Partial<Record<Errno['error'], string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
}

/** Go's text of a failed file operation: `open x: permission denied`. */
export function pathError(operation: string, path: string, { error }: Errno): string {
  if (error === 'EISDIR' && operation === 'open') return `read ${path}: is a directory`
  return `${operation} ${path}: ${REASONS[error] ?? error}`
}

/** What the flags ask for; undefined: nothing. */
export function* readTls(
  p: Proc,
  files: { cacert: string; cert: string; key: string; insecure: boolean },
): Run<ClientTls | undefined> {
  const { cacert, cert, key, insecure } = files
  if (cacert === '' && cert === '' && key === '' && !insecure) return undefined
  if ((cert === '') !== (key === ''))
    throw badArgs(`KeyFile and CertFile must both be present[key: ${key}, cert: ${cert}]`)
  const pair = cert === '' ? {} : yield* readPair(p, cert, key)
  const ca = cacert === '' ? undefined : yield* readFile(p, cacert)
  return { ...pair, ...(ca !== undefined && { ca }), ...(insecure && { insecure }) }
}

function* readPair(p: Proc, certFile: string, keyFile: string): Run<{ cert: string; key: string }> {
  const cert = yield* readFile(p, certFile)
  const key = yield* readFile(p, keyFile)
  const own = parseCertificate(cert)
  if (own === undefined) throw badArgs('tls: failed to find any PEM data in certificate input')
  const pair = parseKeyPem(key)
  if (pair === undefined) throw badArgs('tls: failed to find any PEM data in key input')
  if (!samePublicKey(own.publicKey, publicPartOf(pair))) throw badArgs('tls: private key does not match public key')
  return { cert, key }
}

function* readFile(p: Proc, path: string): Run<string> {
  const read = yield* p.readFile(path)
  if ('error' in read) throw badArgs(pathError('open', path, read))
  return read.text
}
