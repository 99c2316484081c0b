import { fields, optional, text } from '../format/schema.ts'
import { hostName } from '../format/common.ts'
import { NotSupported } from '../../view.ts'
import type { ClusterView, CommandResult } from '../../view.ts'
import { defineCheck, seen } from './check.ts'

/** A snapshot of etcd on a host that etcdutl can read, and that holds a key. A key that was deleted before is still found in its history. */
export const snapshot = defineCheck({
  schema: fields(
    {
      on: hostName,
      path: text('An absolute path.', { pattern: '^/' }),
      holds: optional(text('A key that is in it: /registry/configmaps/shop/prices.', { pattern: '^/' })),
    },
    'A file on a host is a valid snapshot of etcd, and holds a key.',
  ),
  wanted: (of) =>
    `a snapshot of etcd in ${of.path} on ${of.on}${of.holds === undefined ? '' : ` that holds ${of.holds}`}`,
  observe: async (of, { view }) => {
    const status = await rootOf(view, of.on, `etcdutl snapshot status '${of.path}' -w json`)
    if (status.code === 127) throw new NotSupported(`no etcdutl on ${of.on}`)
    if (status.code !== 0) return seen(false, (status.stderr || status.stdout).trim().split('\n').at(-1) ?? '')
    const { totalKey, revision } = JSON.parse(status.stdout) as { totalKey: number; revision: number }
    const found = `a snapshot of ${totalKey} keys at revision ${revision}`
    if (of.holds === undefined) return seen(true, found)
    const held = (await rootOf(view, of.on, `grep -aqF '${of.holds}' '${of.path}'`)).code === 0
    return seen(held, held ? found : `${found}, without ${of.holds}`)
  },
  mentions: (of) => [
    { what: 'host', text: of.on },
    { what: 'path', text: of.path },
  ],
})

const rootOf = (view: ClusterView, host: string, command: string): Promise<CommandResult> =>
  view.run({ host, user: 'root' }, command)
