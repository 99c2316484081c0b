/** Versions by label: `stable-1`, `stable-1.35`, `v1.35.0`. Models cmd/kubeadm/app/util/version.go. */
import type { Proc, Run } from '../../host/process.ts'
import { latestOf, NEWEST_MINOR, parseVersion } from '../../versions/index.ts'
import { klogHeader } from '../kubectl/klog.ts'
import { KubeadmError } from './errors.ts'
import { minorOf } from './release.ts'
import { warn } from './session.ts'

const HOST = 'dl.k8s.io'

/** The version that a text names, `v1.35.3`. `own` is kubeadm's; without the internet it is taken. */
export function* resolveVersion(p: Proc, wanted: string, own: string): Run<string> {
  if (parseVersion(wanted) !== undefined) return wanted.startsWith('v') ? wanted : `v${wanted}`
  if (!/^(ci\/|release\/)?(stable|latest)(-\d+(\.\d+)?)?$/.test(wanted))
    throw new KubeadmError(`version ${JSON.stringify(wanted)} doesn't match patterns for neither semantic version nor labels (stable, latest, ...)`) // prettier-ignore
  const label = wanted.replace(/^release\//, '')
  const found = yield* p.resolve(HOST)
  if ('error' in found) return yield* offline(p, label, own, found.error)
  const minor = /-1\.(\d+)$/.exec(label)?.[1]
  const remote = `v${latestOf(minor === undefined ? NEWEST_MINOR : Number(minor))}`
  const newest = minorOf(own)
  if (minorOf(remote) <= newest) return remote
  yield* p.err(
    `${yield* klogHeader(p, 'I', 'version.go:261')} remote version is much newer: ${remote}; falling back to: stable-1.${newest}\n`,
  )
  return `v${latestOf(newest)}`
}

function* offline(p: Proc, label: string, own: string, error: string): Run<string> {
  const url = `https://${HOST}/release/${label}.txt`
  const why = { NXDOMAIN: 'no such host', SERVFAIL: 'server misbehaving', timeout: 'i/o timeout' }[error] ?? error
  yield* warn(
    p,
    'version.go:108',
    `could not fetch a Kubernetes version from the internet: unable to get URL "${url}": Get "${url}": dial tcp: lookup ${HOST} on 127.0.0.53:53: ${why}`,
  )
  yield* warn(p, 'version.go:109', `falling back to the local client version: ${own}`)
  return own
}
