/** The commands of etcdctl 3.4, 3.5 and 3.6, as their help tells of them. */
import table from './commands.gen.json' with { type: 'json' }
import { etcdctlUsage } from './cobra.ts'
import type { CommandTable, Tool } from './cobra.ts'

export const ETCDCTL: Tool = {
  name: 'etcdctl',
  commands: table as unknown as CommandTable,
  usage: etcdctlUsage,
}
