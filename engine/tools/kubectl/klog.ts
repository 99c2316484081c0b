/** The head of a log line. Models klog. */
import type { Proc, Run } from '../../host/process.ts'

/** `E1121 01:37:48.442716     637 memcache.go:265]`. */
export function* klogHeader(p: Proc, severity: 'I' | 'W' | 'E', place: string): Run<string> {
  const iso = new Date(yield* p.now()).toISOString()
  const micros = `${iso.slice(11, 23)}000`
  return `${severity}${iso.slice(5, 7)}${iso.slice(8, 10)} ${micros} ${String(p.pid).padStart(7)} ${place}]`
}
