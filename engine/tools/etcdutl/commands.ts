/** The commands of etcdutl 3.5 and 3.6, as their help tells of them. */
import { cobraUsage } from '../etcdctl/cobra.ts'
import type { CommandRow, FlagRow, Tool } from '../etcdctl/cobra.ts'

const text = (name: string, usage: string, value = ''): FlagRow => ({ name, type: 'string', value, usage })
const toggle = (name: string, usage: string, value = 'false'): FlagRow => ({ name, type: 'bool', value, usage })
const amount = (name: string, usage: string, value = '0'): FlagRow => ({ name, type: 'uint', value, usage })
const required = (flag: FlagRow): FlagRow => ({ ...flag, required: true })
const help = (name: string): FlagRow => ({ ...toggle('help', `help for ${name}`), shorthand: 'h' })

const FORMAT: FlagRow = {
  ...text('write-out', 'set the output format (fields, json, protobuf, simple, table)', 'simple'),
  shorthand: 'w',
}

/** One row of all versions, or of those from `since` up to `until`. */
function row(use: string, short: string, flags: FlagRow[], more: Partial<CommandRow> = {}): CommandRow[] {
  return [{ since: 5, short, use: `etcdutl${use === '' ? '' : ` ${use}`}`, flags, ...more }]
}

const RESTORE: FlagRow[] = [
  amount('bump-revision', 'How much to increase the latest revision after restore'),
  required(text('data-dir', 'Path to the output data directory')),
  help('restore'),
  text(
    'initial-advertise-peer-urls',
    "List of this member's peer URLs to advertise to the rest of the cluster",
    'http://localhost:2380',
  ),
  text('initial-cluster', 'Initial cluster configuration for restore bootstrap', 'default=http://localhost:2380'),
  text('initial-cluster-token', 'Initial cluster token for the etcd cluster during restore bootstrap', 'etcd-cluster'),
  amount(
    'initial-memory-map-size',
    'Initial memory map size of the database in bytes. It uses the default value if not defined or defined to 0',
    '10737418240',
  ),
  toggle(
    'mark-compacted',
    'Mark the latest revision after restore as the point of scheduled compaction (required if --bump-revision > 0, disallowed otherwise)',
  ),
  text('name', 'Human-readable name for this member', 'default'),
  toggle('skip-hash-check', 'Ignore snapshot integrity hash value (required if copied from data directory)'),
  text('wal-dir', 'Path to the WAL directory (use --data-dir if none given)'),
]

export const ETCDUTL: Tool = {
  name: 'etcdutl',
  usage: cobraUsage,
  commands: {
    '': row('', 'An administrative command line tool for etcd3.', [help('etcdutl'), FORMAT]),
    backup: row(
      'backup',
      '[legacy] offline backup of etcd directory',
      [
        text('backup-dir', 'Path to the backup dir'),
        text('backup-wal-dir', 'Path to the backup wal dir'),
        required(text('data-dir', 'Path to the etcd data dir')),
        help('backup'),
        text('wal-dir', 'Path to the etcd wal dir'),
        toggle('with-v3', 'Backup v3 backend data', 'true'),
      ],
      { until: 5 },
    ),
    check: row('check', 'commands for checking properties', [help('check')], { until: 5 }),
    'check v2store': row(
      'check v2store',
      'Check custom content in v2store',
      [
        required(text('data-dir', 'Required. A data directory not in use by etcd.')),
        help('v2store'),
        text('wal-dir', 'Optional. A dedicated WAL directory.'),
      ],
      { until: 5 },
    ),
    completion: row('completion', 'Generate the autocompletion script for the specified shell', [help('completion')]),
    defrag: row('defrag', 'Defragments the storage of the etcd', [
      required(text('data-dir', 'Required. Defragments a data directory not in use by etcd.')),
      help('defrag'),
    ]),
    hashkv: row(
      'hashkv <filename>',
      'Prints the KV history hash of a given file',
      [help('hashkv'), { ...amount('rev', 'maximum revision to hash (default: latest revision)'), type: 'int' }],
      { since: 6 },
    ),
    help: row('help [command]', 'Help about any command', [help('help')]),
    migrate: row(
      'migrate',
      'Migrates schema of etcd data dir files to make them compatible with different etcd version',
      [
        required(text('data-dir', 'Path to the etcd data dir')),
        toggle('force', 'Ignore migration failure and forcefully override storage version. Not recommended.'),
        help('migrate'),
        required(text('target-version', "Target etcd version to migrate contents of data dir, in format 'x.y'")),
      ],
      { since: 6 },
    ),
    snapshot: row('snapshot', 'Manages etcd node snapshots', [help('snapshot')]),
    'snapshot restore': row(
      'snapshot restore <filename> --data-dir {output dir} [options]',
      'Restores an etcd member snapshot to an etcd directory',
      RESTORE,
    ),
    'snapshot save': row(
      'snapshot save <filename>',
      'Stores an etcd node backend snapshot to a given file',
      [help('save')],
      {
        until: 5,
        deprecated: 'Use `etcdctl snapshot save` to download snapshot',
      },
    ),
    'snapshot status': row('snapshot status <filename>', 'Gets backend snapshot status of a given file', [
      help('status'),
    ]),
    version: row('version', 'Prints the version of etcdutl', [help('version')]),
  },
}
