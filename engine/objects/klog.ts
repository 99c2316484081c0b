/** The lines of components' logs. Models k8s.io/klog/v2 (klog.go, internal/serialize) and component-base/cli/run.go (O1). */

export type LogLevel = 'I' | 'W' | 'E' | 'F'
export type LogFacts = Record<string, string | number | boolean | readonly string[]>

/** `E1121 01:27:07.866000       1 run.go:72]`; in a container the process is number 1. */
export function klogHeader(level: LogLevel, clockMs: number, file: string, pid = 1): string {
  const time = new Date(clockMs).toISOString()
  const micros = String(Math.round((clockMs - Math.floor(clockMs)) * 1000)).padStart(3, '0')
  const stamp = `${time.slice(5, 7)}${time.slice(8, 10)} ${time.slice(11, 19)}.${time.slice(20, 23)}${micros}`
  return `${level}${stamp} ${String(pid).padStart(7)} ${file}]`
}

/** A whole line of a process in a container. */
export const klogLine = (level: LogLevel, clockMs: number, file: string, text: string): string =>
  `${klogHeader(level, clockMs, file)} ${text}\n`

/** A text in a structured line; one of several lines is indented between `<` and `>`. */
export const klogValue = (text: string): string =>
  text.includes('\n') ? `<\n\t${text.replace(/\n$/, '').replaceAll('\n', '\n\t')}\n >` : JSON.stringify(text)

/** A structured message with its facts: `"Failed to watch" err="…" retries=3`. */
export function structured(message: string, facts: LogFacts): string {
  const shown = (value: LogFacts[string]): string =>
    typeof value === 'string' ? klogValue(value) : JSON.stringify(value)
  return [JSON.stringify(message), ...Object.entries(facts).map(([key, value]) => `${key}=${shown(value)}`)].join(' ')
}

/** How a component says that it could not start, or cannot go on. */
export const commandFailed = (clockMs: number, error: string): string =>
  klogLine('E', clockMs, 'run.go:72', `"command failed" err=${klogValue(error)}`)
