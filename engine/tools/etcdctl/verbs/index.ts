/** What each command does, by its path. */
import { notSimulated } from '../exit.ts'
import type { Verb } from '../session.ts'
import { alarmVerbs } from './alarm.ts'
import { authVerbs } from './auth.ts'
import { compaction } from './compaction.ts'
import { defrag } from './defrag.ts'
import { del } from './del.ts'
import { endpointVerbs } from './endpoint.ts'
import { get } from './get.ts'
import { leaseVerbs } from './lease.ts'
import { elect, lock } from './lock.ts'
import { memberVerbs } from './member.ts'
import { moveLeader } from './move-leader.ts'
import { put } from './put.ts'
import { roleVerbs } from './role.ts'
import { snapshotVerbs } from './snapshot.ts'
import { txn } from './txn.ts'
import { userVerbs } from './user.ts'
import { version } from './version.ts'
import { watch } from './watch.ts'

const refused = (what: string): Verb =>
  function* () {
    throw notSimulated(what)
  }

const REFUSED = [
  'check datascale',
  'check perf',
  'completion bash',
  'completion fish',
  'completion powershell',
  'completion zsh',
  'downgrade cancel',
  'downgrade enable',
  'downgrade validate',
  'make-mirror',
  'migrate',
]

export const VERBS: Readonly<Record<string, Verb>> = {
  put,
  get,
  del,
  txn,
  watch,
  compaction,
  defrag,
  version,
  lock,
  elect,
  'move-leader': moveLeader,
  ...alarmVerbs,
  ...authVerbs,
  ...endpointVerbs,
  ...leaseVerbs,
  ...memberVerbs,
  ...roleVerbs,
  ...snapshotVerbs,
  ...userVerbs,
  ...Object.fromEntries(REFUSED.map((path) => [path, refused(path)])),
}
