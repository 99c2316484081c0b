/** etcd's log on stderr: one JSON object a line. Models client/pkg/logutil/zap.go. */
import { isAtLeast } from './config.ts'

export type LogLevel = 'info' | 'warn' | 'error' | 'fatal' | 'panic'

export interface LogLine {
  level: LogLevel
  caller: string
  msg: string
  fields?: Record<string, unknown>
}

/** Milliseconds before 3.5.10, microseconds since. */
export function logLine(version: string, clockMs: number, { level, caller, msg, fields }: LogLine): string {
  const text = new Date(clockMs).toISOString()
  const ts = isAtLeast(version, 5, 10) ? text.replace('Z', '000Z') : text
  const { logger, ...rest } = fields ?? {}
  return `${JSON.stringify({ level, ts, ...(logger !== undefined && { logger }), caller, msg, ...rest })}\n`
}

/** The last line of a process that cannot start, with Go's stack. */
export function fatalLine(version: string, clockMs: number, msg: string, error: string): string {
  const caller = msg === 'listener failed' ? 'etcdmain/etcd.go:219' : 'etcdmain/etcd.go:204'
  const stacktrace = [
    'go.etcd.io/etcd/server/v3/etcdmain.startEtcdOrProxyV2',
    '\tgo.etcd.io/etcd/server/v3/etcdmain/etcd.go:204',
    'go.etcd.io/etcd/server/v3/etcdmain.Main',
    '\tgo.etcd.io/etcd/server/v3/etcdmain/main.go:40',
    'main.main',
    '\tgo.etcd.io/etcd/server/v3/main.go:31',
    'runtime.main',
    '\truntime/proc.go:250',
  ].join('\n')
  return logLine(version, clockMs, { level: 'fatal', caller, msg, fields: { error, stacktrace } })
}
