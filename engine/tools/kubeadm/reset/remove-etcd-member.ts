/** remove-etcd-member. Models cmd/kubeadm/app/cmd/phases/reset/removeetcdmember.go and phases/etcd/local.go (P3, H2). */
import type { Proc, Run } from '../../../host/process.ts'
import { parseYaml, YamlError } from '../../../objects/yaml.ts'
import { cleanDir, isEmpty } from '../clean.ts'
import { goError } from '../errors.ts'
import { askEtcd, etcdAccess, memberList, memberOf } from '../etcd-client.ts'
import { ETCD_DATA_DIR, manifestPath } from '../paths.ts'
import { readText, say, warn } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { ResetData } from './data.ts'

export const removeEtcdMemberPhase: Phase<ResetData> = {
  name: 'remove-etcd-member',
  short: 'Remove a local etcd member.',
  *run(p, data) {
    const dataDir = yield* dataDirOf(p, data)
    if (dataDir === undefined) {
      yield* say(p, '[reset] No etcd config found. Assuming external etcd')
      return yield* say(p, '[reset] Please, manually reset etcd to prevent further issues')
    }
    if (data.dryRun) return yield* sayWould(p, data, dataDir)
    if (data.cluster !== undefined && !(yield* removeMember(p, data))) return
    if (!(yield* isEmpty(p, dataDir))) yield* clean(p, dataDir)
  },
}

function* sayWould(p: Proc, { cluster }: ResetData, dataDir: string): Run<void> {
  if (cluster === undefined) return
  yield* say(p, '[reset] Would remove the etcd member on this node from the etcd cluster')
  yield* say(p, `[reset] Would delete contents of the etcd data directory: ${dataDir}`)
}

function* clean(p: Proc, dataDir: string): Run<void> {
  const problem = yield* cleanDir(p, dataDir)
  if (problem === undefined) yield* say(p, `[reset] Deleted contents of the etcd data directory: ${dataDir}`)
  else yield* warn(p, 'removeetcdmember.go:83', `[reset] Failed to delete contents of the etcd directory: ${JSON.stringify(dataDir)}, error: ${problem}`) // prettier-ignore
}

/** Takes this host's member out while others are there. Whether the data may go. */
function* removeMember(p: Proc, { client, certificatesDir, address }: ResetData): Run<boolean> {
  if (client === undefined) return true
  try {
    const access = yield* etcdAccess(p, client, certificatesDir)
    const members = yield* memberList(p, access)
    const own = memberOf(members, `https://${address}:2380`)
    if (members.length > 1 && own !== undefined) {
      const others = members.filter(({ id }) => id !== own.id).flatMap(({ clientUrls }) => clientUrls)
      yield* askEtcd(p, { ...access, endpoints: others }, { kind: 'memberRemove', id: own.id })
    }
    return true
  } catch (error) {
    const why = goError(error)
    if (why === undefined) throw error
    yield* warn(p, 'removeetcdmember.go:78', `[reset] Failed to remove etcd member: ${why}, please manually remove this etcd member using etcdctl`) // prettier-ignore
    return true
  }
}

interface Volumes {
  spec?: { volumes?: { name?: string; hostPath?: { path?: string } }[] }
}

/** Where etcd's data is, by the cluster's configuration, by the manifest, or where it usually is. */
function* dataDirOf(p: Proc, { cluster }: ResetData): Run<string | undefined> {
  if (cluster !== undefined) return cluster.etcd.local?.dataDir
  yield* warn(p, 'removeetcdmember.go:105', '[reset] No kubeadm config, using etcd pod spec to get data directory')
  const text = yield* readText(p, manifestPath('etcd'))
  if (text === undefined) return ETCD_DATA_DIR
  try {
    const volumes = (parseYaml(text) as Volumes | null)?.spec?.volumes ?? []
    return volumes.find(({ name }) => name === 'etcd-data')?.hostPath?.path
  } catch (error) {
    if (error instanceof YamlError) return undefined
    throw error
  }
}
