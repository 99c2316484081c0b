/** The command haproxy: its configuration check and its version; it serves as a unit (`host/haproxy/`). */
import type { Program } from '../process.ts'

import { HAPROXY_CONFIG, parseHaproxy } from '../haproxy/config.ts'

const VERSION = 'HAProxy version 2.8.5-1ubuntu3.2 2024/12/02 - https://haproxy.org/\n'

const haproxy: Program = function* (argv, p) {
  if (argv.includes('-v') || argv.includes('-vv')) {
    yield* p.out(VERSION)
    return 0
  }
  if (!argv.includes('-c')) {
    yield* p.err('not simulated: haproxy in the foreground; use systemctl start haproxy\n')
    return 1
  }
  const at = argv.indexOf('-f')
  const path = (at < 0 ? undefined : argv[at + 1]) ?? HAPROXY_CONFIG
  const read = yield* p.readFile(path)
  const alerts =
    'text' in read ? alertsOf(read.text, path) : [`Could not open configuration file ${path} : No such file or directory`]
  for (const alert of alerts) yield* p.err(`[ALERT]    (${p.pid}) : config : ${alert}\n`)
  if (alerts.length > 0) {
    yield* p.err(`[ALERT]    (${p.pid}) : config : Fatal errors found in configuration.\n`)
    return 1
  }
  if (!argv.includes('-q')) yield* p.out('Configuration file is valid\n')
  return 0
}

function alertsOf(text: string, path: string): string[] {
  const parsed = parseHaproxy(text, path)
  return 'alerts' in parsed ? parsed.alerts.map((alert) => alert.text) : []
}

export const haproxyPrograms: Record<string, Program> = { haproxy }
