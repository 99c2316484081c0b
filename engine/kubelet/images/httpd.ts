import { makeConfig, sameArgv, textResponse } from './image.ts'
import type { ImageEntry, Responder } from './image.ts'

const INDEX = '<html><body><h1>It works!</h1></body></html>\n'
const WARNING = "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using "

export const httpdResponder: Responder = (request, facts) => {
  const path = request.path.endsWith('/') ? `${request.path}index.html` : request.path
  const body = facts.readFile(`/usr/local/apache2/htdocs${path}`)
  const code = body === undefined ? 404 : 200
  const text =
    body ??
    '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n'
  return {
    response: textResponse(code, text, 'text/html', { server: 'Apache/2.4.62 (Unix)' }),
    log: `${facts.from} - - "${request.method} ${request.path} HTTP/1.1" ${code} ${text.length}`,
  }
}

export const httpd: ImageEntry = {
  repository: 'docker.io/library/httpd',
  tags: {
    '2.4': 58_200_000,
    '2.4.62': 58_200_000,
    '2': 58_200_000,
    latest: 58_300_000,
    alpine: 22_100_000,
    '2.4-alpine': 22_000_000,
  },
  base: 'debian',
  config: makeConfig({ cmd: ['httpd-foreground'], workingDir: '/usr/local/apache2', ports: [80], stopSignal: 'WINCH' }),
  files: { '/usr/local/apache2/htdocs/index.html': INDEX },
  programs: ['httpd', 'httpd-foreground'],
  behaviours: [
    {
      name: 'httpd',
      match: (argv) => sameArgv(argv, ['httpd-foreground']),
      plan: (facts) => ({
        behaviour: 'httpd',
        logs: [
          {
            atMs: 25,
            stream: 'stderr',
            text: `${WARNING}${facts.podIP}. Set the 'ServerName' directive globally to suppress this message`,
          },
          {
            atMs: 40,
            stream: 'stderr',
            text: '[mpm_event:notice] [pid 1:tid 1] AH00489: Apache/2.4.62 (Unix) configured -- resuming normal operations',
          },
        ],
        listens: [{ port: 80, responder: 'httpd', http: true, fromMs: 50 }],
        term: { code: 0, afterMs: 80 },
        memoryBytes: 8_000_000,
      }),
    },
  ],
}
