import { makeBinary } from '../../host/binary.ts'
import { makeConfig, textResponse } from './image.ts'
import type { Behaviour, ImageEntry, LaunchFacts, Responder } from './image.ts'
import type { Plan } from './plan.ts'
import { agnhostWebhookBehaviour } from './webhook.ts'

function serving(
  name: string,
  port: (facts: LaunchFacts) => number,
  lines: (facts: LaunchFacts) => string[],
): (facts: LaunchFacts) => Plan {
  return (facts) => ({
    behaviour: name,
    logs: lines(facts).map((text) => ({ atMs: 40, text })),
    listens: [{ port: port(facts), responder: name, http: true, fromMs: 60 }],
    term: { code: 143, afterMs: 15 },
    memoryBytes: 12_000_000,
  })
}

function flag(argv: string[], name: string): string | undefined {
  const found = argv.find((word) => word.startsWith(`--${name}=`))
  if (found !== undefined) return found.slice(name.length + 3)
  const index = argv.indexOf(`--${name}`)
  return index < 0 ? undefined : argv[index + 1]
}

const plainAgnhost: Behaviour[] = ['netexec', 'serve-hostname', 'pause', 'test-webserver'].map((mode) => ({
  name: mode,
  match: (argv) => argv.includes(mode),
  plan: (facts) => {
    const own = mode === 'serve-hostname' ? '9376' : mode === 'test-webserver' ? '80' : '8080'
    const port = Number(flag(facts.argv, 'http-port') ?? flag(facts.argv, 'port') ?? own)
    const plan = serving(
      mode,
      () => port,
      () => (mode === 'netexec' ? [`Started HTTP server on port ${port}`] : []),
    )(facts)
    return mode === 'pause' ? { ...plan, listens: [], logs: [{ atMs: 10, text: 'Paused' }] } : plan
  },
}))

const agnhost: Behaviour[] = [...plainAgnhost, agnhostWebhookBehaviour]

const netexec: Responder = (request, facts) => {
  const routes: Record<string, () => string> = {
    '/': () => `NOW: ${new Date(facts.clockMs).toISOString()}`,
    '/hostname': () => facts.hostname,
    '/hostName': () => facts.hostname,
    '/clientip': () => `${facts.from}:40000`,
    '/healthz': () => '',
    '/echo': () => request.query.msg ?? '',
  }
  const body = routes[request.path]
  return { response: body === undefined ? textResponse(404, '404 page not found\n') : textResponse(200, body()) }
}

const hostname: Responder = (_request, facts) => ({ response: textResponse(200, facts.hostname) })

const hello: Responder = (_request, facts) => {
  const version = facts.image.endsWith('2.0') ? '2.0.0' : '1.0.0'
  return {
    response: textResponse(200, `Hello, world!\nVersion: ${version}\nHostname: ${facts.hostname}\n`),
    log: `Serving request: /`,
  }
}

const echo: Responder = (_request, facts) => ({
  response: textResponse(
    200,
    `${
      flag(facts.argv, 'text') ??
      flag(
        facts.argv.map((word) => word.replace(/^-text/, '--text')),
        'text',
      ) ??
      'hello-world'
    }\n`,
  ),
})

const whoami: Responder = (request, facts) => ({
  response: textResponse(
    200,
    `Hostname: ${facts.hostname}\nIP: 127.0.0.1\nIP: ${facts.podIP}\nRemoteAddr: ${facts.from}:40000\n${request.method} ${request.path} HTTP/1.1\n`,
  ),
})

/** A page that says whether its database can be reached. */
const webappMysql: Responder = (_request, facts) => {
  const host = facts.env.DB_Host ?? facts.env.DB_HOST ?? 'mysql'
  const reached = facts.dial(host, Number(facts.env.DB_PORT ?? 3306))
  const wrongLogin = facts.env.DB_Password === '' || facts.env.DB_User === ''
  const trouble = {
    open: '',
    refused: `(2003, "Can't connect to MySQL server on '${host}:3306' (111 Connection refused)")`,
    timeout: `(2003, "Can't connect to MySQL server on '${host}:3306' (timed out)")`,
    unresolved: `(2005, "Unknown MySQL server host '${host}' (-2)")`,
  }[reached]
  const environment = `Environment Variables: DB_Host=${facts.env.DB_Host ?? facts.env.DB_HOST ?? 'Not Set'}; DB_Database=${facts.env.DB_Database ?? 'Not Set'}; DB_User=${facts.env.DB_User ?? 'Not Set'}; DB_Password=${facts.env.DB_Password ?? 'Not Set'}; ${trouble}`
  const ok = reached === 'open' && !wrongLogin
  const title = ok
    ? `Successfully connected to the MySQL database on ${host}!`
    : `Failed connecting to the MySQL database.`
  return {
    response: textResponse(
      200,
      `<!doctype html>\n<title>Hello from Flask</title>\n<h1>${title}</h1>\n<h2>${environment}</h2>\n<p>From ${facts.hostname}!</p>\n`,
      'text/html; charset=utf-8',
    ),
    log: `${facts.from} - - "GET / HTTP/1.1" 200 -`,
  }
}

const webappColor: Responder = (_request, facts) => ({
  response: textResponse(
    200,
    `<!doctype html>\n<title>Hello from Flask</title>\n<body style="background: ${facts.env.APP_COLOR ?? 'red'};">\n<h1>Hello from ${facts.hostname}!</h1>\n</body>\n`,
    'text/html; charset=utf-8',
  ),
})

export const appResponders: Record<string, Responder> = {
  netexec,
  'serve-hostname': hostname,
  'test-webserver': () => ({ response: textResponse(200, 'ok\n') }),
  'hello-app': hello,
  'http-echo': echo,
  whoami,
  'webapp-mysql': webappMysql,
  'webapp-color': webappColor,
  'event-simulator': hostname,
  notes: () => ({ response: textResponse(200, 'ok\n') }),
}

function app(
  repository: string,
  tags: Record<string, number>,
  entrypoint: string[],
  responder: string,
  port: number,
  lines: string[] = [],
  base: ImageEntry['base'] = 'alpine',
): ImageEntry {
  const plan = serving(
    responder,
    (facts) => Number(flag(facts.argv, 'port') ?? portOption(facts.argv) ?? facts.env.PORT ?? port),
    () => lines,
  )
  return {
    repository,
    tags,
    base,
    config: makeConfig({ entrypoint, ports: [port] }),
    files: {},
    programs: entrypoint,
    behaviours: [{ name: responder, match: (argv) => argv[0] === entrypoint[0], plan }],
  }
}

/** `-listen=:5678` as http-echo takes it. */
function portOption(argv: string[]): string | undefined {
  return argv.map((word) => /^-{1,2}listen=.*:(\d+)$/.exec(word)?.[1]).find((found) => found !== undefined)
}

const FLASK = [
  ' * Serving Flask app "app" (lazy loading)',
  ' * Environment: production',
  ' * Running on http://0.0.0.0:8080/ (Press CTRL+C to quit)',
]

const crasher: ImageEntry = {
  repository: 'docker.io/kubeflight/crasher',
  tags: { latest: 2_000_000, '1.0': 2_000_000 },
  base: 'busybox',
  config: makeConfig({ entrypoint: ['/crasher'] }),
  files: {},
  programs: ['/crasher'],
  behaviours: [
    {
      name: 'crasher',
      match: (argv) => argv[0] === '/crasher',
      plan: () => ({
        behaviour: 'crasher',
        logs: [
          {
            atMs: 100,
            text: 'panic: runtime error: invalid memory address or nil pointer dereference',
            stream: 'stderr',
          },
        ],
        listens: [],
        term: { code: 143, afterMs: 5 },
        exit: { atMs: 1_000, code: 2 },
      }),
    },
  ],
}

const agnhostEntry: ImageEntry = {
  repository: 'registry.k8s.io/e2e-test-images/agnhost',
  tags: {
    '2.32': 48_000_000,
    '2.39': 52_000_000,
    '2.40': 52_000_000,
    '2.43': 53_000_000,
    '2.45': 53_000_000,
    '2.47': 53_500_000,
    '2.53': 54_000_000,
  },
  base: 'alpine',
  config: makeConfig({ entrypoint: ['/agnhost'], cmd: ['pause'] }),
  files: Object.fromEntries(['curl', 'dig'].map((name) => [`/usr/local/bin/${name}`, makeBinary(name, '1')])),
  programs: ['/agnhost', 'curl', 'dig'],
  behaviours: agnhost,
}

const HELLO_TAGS = { '1.0': 2_700_000, '2.0': 2_700_000, latest: 2_700_000 }

export const apps: ImageEntry[] = [
  agnhostEntry,
  crasher,
  app(
    'gcr.io/google-samples/hello-app',
    HELLO_TAGS,
    ['./hello-app'],
    'hello-app',
    8080,
    ['Server listening on port 8080'],
    'scratch',
  ),
  app(
    'us-docker.pkg.dev/google-samples/containers/gke/hello-app',
    HELLO_TAGS,
    ['./hello-app'],
    'hello-app',
    8080,
    ['Server listening on port 8080'],
    'scratch',
  ),
  app(
    'docker.io/hashicorp/http-echo',
    { latest: 2_900_000, '0.2.3': 2_100_000, '1.0.0': 2_900_000, '1.0': 2_900_000 },
    ['/http-echo'],
    'http-echo',
    5678,
    ['Server is listening on :5678'],
    'scratch',
  ),
  app(
    'docker.io/traefik/whoami',
    { latest: 2_900_000, 'v1.10': 2_900_000 },
    ['/whoami'],
    'whoami',
    80,
    ['Starting up on port 80'],
    'scratch',
  ),
  app(
    'docker.io/kodekloud/webapp-mysql',
    { latest: 40_000_000, '1.0': 40_000_000 },
    ['python'],
    'webapp-mysql',
    8080,
    FLASK,
  ),
  app('docker.io/mmumshad/simple-webapp-mysql', { latest: 40_000_000 }, ['python'], 'webapp-mysql', 8080, FLASK),
  app(
    'docker.io/kodekloud/webapp-color',
    { latest: 31_000_000, v1: 31_000_000, v2: 31_000_000, v3: 31_000_000 },
    ['python'],
    'webapp-color',
    8080,
    FLASK,
  ),
]
