/** The command haproxy: its configuration check and its version; it serves as a unit (`host/haproxy/`). */
import type { Program } from '../process.ts'

import { alertLines, checkedConfig, HAPROXY_CONFIG } from '../haproxy/config.ts'
import { HAPROXY_VERSION } from '../haproxy/unit.ts'

const VERSION = `HAProxy version ${HAPROXY_VERSION} 2025/04/01 - https://haproxy.org/\n`

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
  const checked = checkedConfig('text' in read ? read.text : undefined, path)
  if ('alerts' in checked) {
    for (const line of alertLines(checked.alerts, p.pid, HAPROXY_VERSION)) yield* p.err(`${line}\n`)
    return 1
  }
  if (!argv.includes('-q')) yield* p.out('Configuration file is valid\n')
  return 0
}

export const haproxyPrograms: Record<string, Program> = { haproxy }
