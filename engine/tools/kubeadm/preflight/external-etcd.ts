/** The checks of an etcd outside of the cluster. Models ExternalEtcdVersionCheck and FileExistingCheck (P5). Not modelled: proxies on the way. */
import type { Proc, Run } from '../../../host/process.ts'
import { compareVersions, parseVersion } from '../../../versions/index.ts'
import type { ExternalEtcd } from '../config/types.ts'
import { exists, readText } from '../session.ts'
import { failed, fine } from './check.ts'
import type { Check, Verdict } from './check.ts'

/** externalEtcdRequestTimeout, …Interval, …Retries */
const REQUEST_TIMEOUT_MS = 10_000
const RETRY_MS = 5_000
const RETRIES = 3

/** MinExternalEtcdVersion; between 1.19 and 1.29 the oldest one is taken for granted. */
function oldestVersion(minor: number): string {
  if (minor >= 35) return '3.5.24-0'
  if (minor === 34) return '3.5.21-0'
  return minor >= 30 ? '3.5.11-0' : '3.2.18'
}

/** Every endpoint answers, with a version that is new enough. */
export const externalEtcdVersion = (etcd: ExternalEtcd, minor: number): Check => ({
  name: 'ExternalEtcdVersion',
  *check(p) {
    const files = yield* clientFiles(p, etcd)
    if ('problem' in files) return failed(files.problem)
    const errors: string[] = []
    for (const endpoint of etcd.endpoints) {
      const url = `${endpoint.replace(/\/+$/, '')}/version`
      const problem = versionProblem(yield* askVersion(p, url, files.tls), oldestVersion(minor))
      if (problem !== undefined) errors.push(problem)
    }
    return { errors } satisfies Verdict
  },
})

/** The three files, those of them that are named. */
export const externalEtcdFiles = ({ caFile, certFile, keyFile }: ExternalEtcd): Check[] =>
  [caFile, certFile, keyFile].flatMap((path) =>
    path === undefined || path === ''
      ? []
      : [
          {
            name: 'ExternalEtcdClientCertificates',
            *check(p: Proc) {
              return (yield* exists(p, path)) ? fine : failed(`${path} doesn't exist`)
            },
          },
        ],
  )

interface ClientTls {
  ca?: string
  cert?: string
  key?: string
}

function* clientFiles(
  p: Proc,
  { caFile = '', certFile = '', keyFile = '' }: ExternalEtcd,
): Run<{ tls: ClientTls } | { problem: string }> {
  const missing = (path: string): string => `open ${path}: no such file or directory`
  const ca = caFile === '' ? undefined : yield* readText(p, caFile)
  if (caFile !== '' && ca === undefined)
    return { problem: `couldn't load external etcd's server certificate ${caFile}: ${missing(caFile)}` }
  const tls = ca === undefined ? {} : { ca }
  if (certFile === '' || keyFile === '') return { tls }
  const [cert, key] = [yield* readText(p, certFile), yield* readText(p, keyFile)]
  if (cert !== undefined && key !== undefined) return { tls: { ...tls, cert, key } }
  const why = missing(cert === undefined ? certFile : keyFile)
  return { problem: `couldn't load external etcd's certificate and key pair ${certFile}, ${keyFile}: ${why}` }
}

/** Asks until something answers, four times in all. */
function* askVersion(p: Proc, url: string, tls: ClientTls): Run<{ body: string } | { problem: string }> {
  let problem = ''
  for (let attempt = 0; attempt <= RETRIES; attempt++) {
    if (attempt > 0) yield* p.sleep(RETRY_MS)
    const answer = yield* p.http({
      url,
      request: { method: 'GET', query: {}, headers: {} },
      tls,
      timeoutMs: REQUEST_TIMEOUT_MS,
    })
    if ('failure' in answer) problem = `Get "${url}": ${answer.message}`
    else if (answer.code < 500) return { body: String(answer.body) }
    else problem = `server responded with non-successful status: ${answer.code}`
  }
  return { problem }
}

function versionProblem(answer: { body: string } | { problem: string }, oldest: string): string | undefined {
  if ('problem' in answer) return answer.problem
  const version = /"etcdserver":"([^"]*)"/.exec(answer.body)?.[1] ?? ''
  if (version === '') return `couldn't parse external etcd version "": Version string empty`
  if (parseVersion(version) === undefined) return `couldn't parse external etcd version ${JSON.stringify(version)}`
  if (compareVersions(version, oldest) >= 0) return undefined
  return `this version of kubeadm only supports external etcd version >= ${oldest}. Current version: ${version}`
}
