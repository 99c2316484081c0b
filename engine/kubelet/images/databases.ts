import { makeConfig } from './image.ts'
import type { ImageEntry, LaunchFacts } from './image.ts'
import type { Plan } from './plan.ts'

interface Database {
  repository: string
  tags: Record<string, number>
  cmd: string[]
  entrypoint?: string[]
  port: number
  programs: string[]
  startMs: number
  memoryBytes: number
  /** Exit code and text when it cannot start with this environment. */
  refuses?(env: Record<string, string>): string | undefined
  lines(facts: LaunchFacts): string[]
  base?: ImageEntry['base']
}

function planOf(database: Database, facts: LaunchFacts): Plan {
  const refused = database.refuses?.(facts.env)
  const plain = { behaviour: database.programs[0] ?? '', listens: [], term: 'ignore' as const }
  if (refused !== undefined)
    return {
      ...plain,
      logs: refused.split('\n').map((text) => ({ atMs: 90, text, stream: 'stderr' as const })),
      exit: { atMs: 120, code: 1 },
    }
  return {
    ...plain,
    logs: database.lines(facts).map((text) => ({ atMs: database.startMs, text })),
    listens: [{ port: database.port, responder: plain.behaviour, http: false, fromMs: database.startMs }],
    term: { code: 0, afterMs: 300 },
    memoryBytes: database.memoryBytes,
  }
}

function entryOf(database: Database): ImageEntry {
  const { repository, tags, cmd, entrypoint = ['docker-entrypoint.sh'], port, programs } = database
  return {
    repository,
    tags,
    base: database.base ?? 'debian',
    config: makeConfig({ entrypoint, cmd, ports: [port] }),
    files: {},
    programs: [...programs, ...entrypoint],
    behaviours: [
      {
        name: programs[0] ?? repository,
        match: (argv) => argv.filter((word) => !entrypoint.includes(word))[0] === cmd[0],
        plan: (facts) => planOf(database, facts),
      },
    ],
  }
}

const MYSQL_NEEDS = ['MYSQL_ROOT_PASSWORD', 'MYSQL_ALLOW_EMPTY_PASSWORD', 'MYSQL_RANDOM_ROOT_PASSWORD']

function mysqlRefuses(env: Record<string, string>): string | undefined {
  if (MYSQL_NEEDS.some((name) => (env[name] ?? '') !== '')) return undefined
  const prefix = '[ERROR] [Entrypoint]: '
  return [
    `${prefix}Database is uninitialized and password option is not specified`,
    '    You need to specify one of the following as an environment variable:',
    ...MYSQL_NEEDS.map((name) => `    - ${name}`),
  ].join('\n')
}

const MARIADB_NEEDS = [
  'MARIADB_ROOT_PASSWORD',
  'MARIADB_ROOT_PASSWORD_HASH',
  'MARIADB_ALLOW_EMPTY_ROOT_PASSWORD',
  'MARIADB_RANDOM_ROOT_PASSWORD',
]

function mariadbRefuses(env: Record<string, string>): string | undefined {
  if ([...MARIADB_NEEDS, ...MYSQL_NEEDS].some((name) => (env[name] ?? '') !== '')) return undefined
  return `[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n\tYou need to specify one of ${MARIADB_NEEDS.join(', ')}`
}

function postgresRefuses(env: Record<string, string>): string | undefined {
  if ((env.POSTGRES_PASSWORD ?? '') !== '' || env.POSTGRES_HOST_AUTH_METHOD === 'trust') return undefined
  return [
    'Error: Database is uninitialized and superuser password is not specified.',
    '       You must specify POSTGRES_PASSWORD to a non-empty value for the',
    '       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".',
    '',
    '       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all',
    '       connections without a password. This is *not* recommended.',
    '',
    '       See PostgreSQL documentation about "trust":',
    '       https://www.postgresql.org/docs/current/auth-trust.html',
  ].join('\n')
}

const DATABASES: Database[] = [
  {
    repository: 'docker.io/library/mysql',
    tags: {
      '5.6': 86_000_000,
      '5.7': 137_000_000,
      '8': 170_000_000,
      '8.0': 170_000_000,
      '8.4': 172_000_000,
      '9': 175_000_000,
      latest: 175_000_000,
    },
    cmd: ['mysqld'],
    port: 3306,
    programs: ['mysqld', 'mysql', 'mysqladmin'],
    startMs: 6_000,
    memoryBytes: 380_000_000,
    refuses: mysqlRefuses,
    lines: () => [
      "[System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '8.0.40'  socket: '/var/run/mysqld/mysqld.sock'  port: 3306  MySQL Community Server - GPL.",
    ],
  },
  {
    repository: 'docker.io/library/mariadb',
    tags: { '10.6': 120_000_000, '10.11': 121_000_000, '11': 122_000_000, latest: 122_000_000 },
    cmd: ['mariadbd'],
    port: 3306,
    programs: ['mariadbd', 'mariadb'],
    startMs: 4_000,
    memoryBytes: 90_000_000,
    refuses: mariadbRefuses,
    lines: () => ['[Note] mariadbd: ready for connections.'],
  },
  {
    repository: 'docker.io/library/postgres',
    tags: {
      '12': 140_000_000,
      '13': 145_000_000,
      '14': 148_000_000,
      '15': 150_000_000,
      '16': 152_000_000,
      '17': 153_000_000,
      latest: 153_000_000,
      alpine: 98_000_000,
      '16-alpine': 98_000_000,
    },
    cmd: ['postgres'],
    port: 5432,
    programs: ['postgres', 'psql', 'pg_isready'],
    startMs: 2_500,
    memoryBytes: 40_000_000,
    refuses: postgresRefuses,
    lines: () => [
      'PostgreSQL init process complete; ready for start up.',
      'LOG:  database system is ready to accept connections',
    ],
  },
  {
    repository: 'docker.io/library/redis',
    tags: {
      '5': 41_000_000,
      '6': 42_000_000,
      '6.2': 42_000_000,
      '7': 45_000_000,
      '7.2': 45_000_000,
      '7.4': 46_000_000,
      '8': 49_000_000,
      latest: 49_000_000,
      alpine: 17_000_000,
      '7-alpine': 17_000_000,
    },
    cmd: ['redis-server'],
    port: 6379,
    programs: ['redis-server', 'redis-cli'],
    startMs: 80,
    memoryBytes: 7_000_000,
    lines: () => ['1:C * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo', '1:M * Ready to accept connections tcp'],
  },
  {
    repository: 'docker.io/library/mongo',
    tags: { '5': 240_000_000, '6': 250_000_000, '7': 260_000_000, latest: 290_000_000 },
    cmd: ['mongod'],
    port: 27017,
    programs: ['mongod', 'mongosh'],
    startMs: 2_000,
    memoryBytes: 120_000_000,
    lines: () => [
      '{"s":"I","c":"NETWORK","id":23016,"ctx":"listener","msg":"Waiting for connections","attr":{"port":27017,"ssl":"off"}}',
    ],
  },
  {
    repository: 'docker.io/library/memcached',
    tags: { '1.6': 31_000_000, latest: 31_000_000, '1.6.8': 31_000_000 },
    cmd: ['memcached'],
    port: 11211,
    programs: ['memcached'],
    startMs: 20,
    memoryBytes: 3_000_000,
    lines: () => [],
  },
]

export const databases: ImageEntry[] = DATABASES.map(entryOf)
