/** What each command of etcdutl does, by its path. Models etcdutl/etcdutl. */
import type { Verb } from '../etcdctl/session.ts'
import { badArgs, notSimulated } from '../etcdctl/exit.ts'
import { restoreFile, statusOf } from '../etcdctl/snapshot-file.ts'

const status: Verb = function* (session) {
  if (session.args.length !== 1) throw badArgs('snapshot status requires exactly one argument')
  yield* session.show({ kind: 'snapshot', status: yield* statusOf(session.p, session.args[0] as string) })
}

const restore: Verb = function* (session) {
  if (session.args.length !== 1) throw badArgs('snapshot restore requires exactly one argument')
  yield* restoreFile(session.p, session.version, session.args[0] as string, {
    dataDir: session.flag('data-dir'),
    walDir: session.flag('wal-dir'),
    name: session.flag('name'),
    initialCluster: session.flag('initial-cluster'),
    token: session.flag('initial-cluster-token'),
    advertisePeerUrls: session.flag('initial-advertise-peer-urls'),
    skipHashCheck: session.isSet('skip-hash-check'),
    bumpRevision: session.number('bump-revision'),
    markCompacted: session.isSet('mark-compacted'),
  })
}

const save: Verb = function* (session) {
  yield* session.p.err('Command "save" is deprecated, Use `etcdctl snapshot save` to download snapshot\n')
  throw badArgs('In order to download snapshot use: `etcdctl snapshot save ...`')
}

const version: Verb = function* (session) {
  yield* session.p.out(`etcdutl version: ${session.version}\nAPI version: 3.${session.minor}\n`)
}

const refused = (what: string): Verb =>
  function* () {
    throw notSimulated(`etcdutl ${what}`)
  }

export const UTL_VERBS: Readonly<Record<string, Verb>> = {
  'snapshot status': status,
  'snapshot restore': restore,
  'snapshot save': save,
  version,
  ...Object.fromEntries(
    ['backup', 'check v2store', 'completion', 'defrag', 'hashkv', 'migrate'].map((path) => [path, refused(path)]),
  ),
}
