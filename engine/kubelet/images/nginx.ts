import { makeConfig, sameArgv, textResponse } from './image.ts'
import type { Behaviour, ImageEntry, LaunchFacts, Responder } from './image.ts'
import type { Plan } from './plan.ts'

const WELCOME = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
`

const SITE = `server {
    listen       80;
    listen  [::]:80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`

const MAIN = `
user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;

    access_log  /var/log/nginx/access.log  main;
    sendfile        on;
    keepalive_timeout  65;

    include /etc/nginx/conf.d/*.conf;
}
`

const ENTRYPOINT = '/docker-entrypoint.sh'
const VERSIONS = [
  '1.7.9',
  '1.14',
  '1.14.2',
  '1.15',
  '1.16',
  '1.16.1',
  '1.17',
  '1.18',
  '1.19',
  '1.20',
  '1.21',
  '1.21.6',
  '1.22',
  '1.23',
  '1.24',
  '1.25',
  '1.25.3',
  '1.26',
  '1.27',
  '1.27.0',
  '1.28',
  '1.29',
  'latest',
  'stable',
  'mainline',
]
const FULL_BYTES = 72_000_000
const ALPINE_BYTES = 20_500_000

function sizes(): Record<string, number> {
  const tags: Record<string, number> = {
    alpine: ALPINE_BYTES,
    'stable-alpine': ALPINE_BYTES,
    'mainline-alpine': ALPINE_BYTES,
  }
  VERSIONS.forEach((version, index) => {
    tags[version] = FULL_BYTES + index * 131_072
    tags[`${version}-alpine`] = ALPINE_BYTES + index * 65_536
  })
  return { ...tags, '1.25': 67_284_128 }
}

function stamp(clockMs: number): string {
  return new Date(clockMs).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')
}

function patch(tag: string): string {
  const found = /^(\d+\.\d+)(\.\d+)?/.exec(tag)
  return found === null ? '1.29.1' : `${found[1]}${found[2] ?? '.3'}`
}

function startLines(facts: LaunchFacts): string[] {
  const notice = `${stamp(facts.clockMs)} [notice] 1#1: `
  const workers = [29, 30].map((pid) => `${notice}start worker process ${pid}`)
  return [
    '/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration',
    '/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/',
    '/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh',
    '10-listen-on-ipv6-by-default.sh: info: Getting the checksum of /etc/nginx/conf.d/default.conf',
    '10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf',
    '/docker-entrypoint.sh: Sourcing /docker-entrypoint.d/15-local-resolvers.envsh',
    '/docker-entrypoint.sh: Launching /docker-entrypoint.d/20-envsubst-on-templates.sh',
    '/docker-entrypoint.sh: Launching /docker-entrypoint.d/30-tune-worker-processes.sh',
    '/docker-entrypoint.sh: Configuration complete; ready for start up',
    `${notice}using the "epoll" event method`,
    `${notice}nginx/${patch(facts.tag)}`,
    `${notice}OS: Linux 6.8.0-45-generic`,
    `${notice}start worker processes`,
    ...workers,
  ]
}

function ports(config: string): number[] {
  const found = [...config.matchAll(/^\s*listen\s+(?:[\d.]+:)?(\d+)\b/gm)].map((match) => Number(match[1]))
  return [...new Set(found)]
}

function failed(text: string): Plan {
  return {
    behaviour: 'nginx',
    listens: [],
    term: 'ignore',
    logs: [{ atMs: 20, text, stream: 'stderr' }],
    exit: { atMs: 30, code: 1 },
  }
}

/** A configuration that nginx refuses: unbalanced braces, or a directive without its semicolon. */
function brokenAt(config: string): string | undefined {
  let depth = 0
  for (const char of config) depth += char === '{' ? 1 : char === '}' ? -1 : 0
  if (depth > 0) return `unexpected end of file, expecting "}"`
  return depth < 0 ? 'unexpected "}"' : undefined
}

/** What a configuration comes to; nearly all pods have the same one. */
const READ = new Map<string, { ports: number[]; broken: string | undefined }>()

function readConfig(config: string): { ports: number[]; broken: string | undefined } {
  const known = READ.get(config) ?? { ports: ports(config), broken: brokenAt(config) }
  if (READ.size < 100) READ.set(config, known)
  return known
}

function plan(facts: LaunchFacts): Plan {
  const config = facts.readFile('/etc/nginx/conf.d/default.conf') ?? facts.readFile('/etc/nginx/nginx.conf') ?? ''
  const { broken, ports: open } = readConfig(config)
  if (broken !== undefined)
    return failed(
      `${stamp(facts.clockMs)} [emerg] 1#1: ${broken} in /etc/nginx/conf.d/default.conf:${config.split('\n').length}\nnginx: [emerg] ${broken} in /etc/nginx/conf.d/default.conf:${config.split('\n').length}`,
    )
  return {
    behaviour: 'nginx',
    logs: startLines(facts).map((text) => ({ atMs: 30, text })),
    listens: open.map((port) => ({ port, responder: 'nginx', http: true, fromMs: 40 })),
    term: { code: 0, afterMs: 60 },
    memoryBytes: 3_500_000,
    cpuMilli: 0,
  }
}

const serve: Behaviour = {
  name: 'nginx',
  match: (argv) => {
    const words = argv[0] === ENTRYPOINT ? argv.slice(1) : argv
    return sameArgv(words, ['nginx', '-g', 'daemon off;']) || sameArgv(words, ['nginx-debug', '-g', 'daemon off;'])
  },
  plan,
}

/** `nginx` alone becomes a daemon, and the container is over. */
const daemon: Behaviour = {
  name: 'nginx-daemon',
  match: (argv) => sameArgv(argv[0] === ENTRYPOINT ? argv.slice(1) : argv, ['nginx']),
  plan: (facts) => ({ ...plan(facts), behaviour: 'nginx-daemon', listens: [], exit: { atMs: 60, code: 0 } }),
}

const errorPage = (title: string, version: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx/${version}</center>\r\n</body>\r\n</html>\r\n`

function accessTime(clockMs: number): string {
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
  const iso = new Date(clockMs).toISOString()
  return `${iso.slice(8, 10)}/${months[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`
}

/** Serves files from /usr/share/nginx/html, or the text of a `return` directive of its server. */
export const nginxResponder: Responder = (request, facts) => {
  const version = patch(facts.image.slice(facts.image.lastIndexOf(':') + 1))
  const config = facts.readFile('/etc/nginx/conf.d/default.conf') ?? ''
  const fixed = /location\s+\/\s*\{[^}]*return\s+(\d+)\s+["']?([^"';]*)["']?\s*;/.exec(config)
  const root = /root\s+([^;]+);/.exec(config)?.[1]?.trim() ?? '/usr/share/nginx/html'
  const body =
    fixed === null
      ? facts.readFile(root + (request.path.endsWith('/') ? `${request.path}index.html` : request.path))
      : (fixed[2] ?? '').replaceAll('\\n', '\n')
  // Without its index the root is a directory that may not be listed.
  const missing = request.path === '/' ? 403 : 404
  const code = fixed === null ? (body === undefined ? missing : 200) : Number(fixed[1])
  const text = body ?? errorPage(missing === 403 ? '403 Forbidden' : '404 Not Found', version)
  const agent = request.headers['user-agent'] ?? '-'
  const log = `${facts.from} - - [${accessTime(facts.clockMs)}] "${request.method} ${request.path} HTTP/1.1" ${code} ${text.length} "-" "${agent}" "-"`
  return {
    response: textResponse(code, request.method === 'HEAD' ? '' : text, 'text/html', { server: `nginx/${version}` }),
    log,
  }
}

const FILES = {
  '/usr/share/nginx/html/index.html': WELCOME,
  '/usr/share/nginx/html/50x.html': '<html><body><h1>An error occurred.</h1></body></html>\n',
  '/etc/nginx/conf.d/default.conf': SITE,
  '/etc/nginx/nginx.conf': MAIN,
  '/docker-entrypoint.sh': '#!/bin/sh\nexec "$@"\n',
}

export const nginx: ImageEntry = {
  repository: 'docker.io/library/nginx',
  tags: sizes(),
  anyTag: /^1\.(1[4-9]|2[0-9])(\.\d{1,2})?(-alpine|-perl)?$/,
  base: 'debian',
  config: makeConfig({
    entrypoint: [ENTRYPOINT],
    cmd: ['nginx', '-g', 'daemon off;'],
    env: { NGINX_VERSION: '1.27.3', PKG_RELEASE: '1~bookworm' },
    ports: [80],
    stopSignal: 'QUIT',
  }),
  files: FILES,
  programs: ['nginx', 'curl'],
  behaviours: [serve, daemon],
}

export const nginxUnprivileged: ImageEntry = {
  ...nginx,
  repository: 'docker.io/nginxinc/nginx-unprivileged',
  config: { ...nginx.config, user: '101', ports: [8080] },
  files: { ...FILES, '/etc/nginx/conf.d/default.conf': SITE.replaceAll('80;', '8080;') },
}
