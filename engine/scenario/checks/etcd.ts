import { comparison, hostName } from '../format/common.ts'
import { fields, flag, optional } from '../format/schema.ts'
import { meets, showComparison } from '../match.ts'
import { NotSupported } from '../../view.ts'
import type { ClusterView, CommandResult } from '../../view.ts'
import { defineCheck, seen } from './check.ts'

const PKI = '/etc/kubernetes/pki/etcd'
const ACCESS = `--endpoints https://127.0.0.1:2379 --cacert ${PKI}/ca.crt --cert ${PKI}/server.crt --key ${PKI}/server.key`

/** The etcd cluster as the member on a host knows it: how many members, how many of them healthy, alarms. */
export const etcd = defineCheck({
  schema: fields(
    {
      on: hostName,
      members: optional(comparison('How many voting members.')),
      healthy: optional(comparison('How many members answer and have a leader.')),
      alarms: optional(flag('Whether an alarm (NOSPACE) is raised.')),
    },
    'The etcd cluster has so many members, so many of them healthy, and alarms or none.',
  ),
  wanted: (of) => {
    const words = [
      of.members === undefined ? '' : `${showComparison(of.members)} members`,
      of.healthy === undefined ? '' : `${showComparison(of.healthy)} healthy`,
      of.alarms === undefined ? '' : of.alarms ? 'an alarm' : 'no alarm',
    ]
    return `etcd: ${words.filter((word) => word !== '').join(', ') || 'answers'}`
  },
  observe: async (of, { view }) => {
    const list = await ask(view, of.on, 'member list -w json')
    if (list.code !== 0) return seen(false, lastLine(list))
    const members = votersOf(list.stdout)
    const healthy = of.healthy === undefined ? 0 : await countHealthy(view, of.on)
    const alarms = of.alarms === undefined ? '' : (await ask(view, of.on, 'alarm list')).stdout.trim()
    const holds =
      (of.members === undefined || meets(members, of.members)) &&
      (of.healthy === undefined || meets(healthy, of.healthy)) &&
      (of.alarms ?? false) === (alarms !== '')
    return seen(holds, `${members} members${of.healthy === undefined ? '' : `, ${healthy} healthy`}${alarms === '' ? '' : `, ${alarms}`}`) // prettier-ignore
  },
  mentions: (of) => [{ what: 'host', text: of.on }],
})

async function ask(view: ClusterView, host: string, command: string): Promise<CommandResult> {
  const result = await view.run({ host, user: 'root' }, `ETCDCTL_API=3 etcdctl ${ACCESS} ${command}`)
  if (result.code === 127) throw new NotSupported(`no etcdctl on ${host}`)
  return result
}

function votersOf(json: string): number {
  const { members = [] } = JSON.parse(json) as { members?: { isLearner?: boolean }[] }
  return members.filter(({ isLearner }) => isLearner !== true).length
}

/** The command fails when one member does, and prints all of them all the same. */
async function countHealthy(view: ClusterView, host: string): Promise<number> {
  const { stdout } = await ask(view, host, 'endpoint health --cluster -w json')
  const line = stdout.split('\n').find((one) => one.startsWith('['))
  return line === undefined ? 0 : (JSON.parse(line) as { health: boolean }[]).filter(({ health }) => health).length
}

const lastLine = ({ stdout, stderr }: CommandResult): string => (stderr || stdout).trim().split('\n').at(-1) ?? ''
