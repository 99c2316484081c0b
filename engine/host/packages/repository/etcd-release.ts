/**
 * github.com/etcd-io/etcd/releases: `etcd-v3.6.6-linux-amd64.tar.gz` with the three programs. Not modelled: SHA256SUMS, other platforms, the documents.
 */
import { makeBinary } from '../../binary.ts'
import { makeGzip } from '../../gzip.ts'
import { makeTar } from '../../tar.ts'

/** The newest patch of each minor version on offer. */
const NEWEST: Readonly<Record<number, number>> = { 4: 37, 5: 26, 6: 8 }

/** The archive of a release as a byte string; undefined: there is no such file. */
export function etcdArchive(path: string): string | undefined {
  const match = /^\/etcd-io\/etcd\/releases\/download\/v(3\.(\d+)\.(\d+))\/etcd-v([\d.]+)-linux-amd64\.tar\.gz$/.exec(
    path,
  )
  const [, version = '', minor, patch, again] = match ?? []
  if (match === null || version !== again || Number(patch) > (NEWEST[Number(minor)] ?? -1)) return undefined
  const folder = `etcd-v${version}-linux-amd64`
  const common = { mode: 0o755, mtimeMs: 0, owner: 'nobody', group: 'nogroup' }
  const programs = Number(minor) < 5 ? ['etcd', 'etcdctl'] : ['etcd', 'etcdctl', 'etcdutl']
  return makeGzip(
    makeTar([
      { kind: 'directory', name: `${folder}/`, text: '', ...common },
      ...programs.map((program) => {
        return { kind: 'file' as const, name: `${folder}/${program}`, text: makeBinary(program, version), ...common }
      }),
    ]),
  )
}
