/** PS1: what the shell writes before it reads a line. */
import type { ShellState } from './state.ts'

export interface PromptFacts {
  state: ShellState
  user: string
  host: string
  nowMs: number
}

const ESCAPES: Record<string, (facts: PromptFacts) => string> = {
  u: ({ user }) => user,
  h: ({ host }) => host.split('.')[0] ?? host,
  H: ({ host }) => host,
  w: ({ state }) => shortPath(state),
  W: ({ state }) => (shortPath(state) === '~' ? '~' : state.cwd === '/' ? '/' : (state.cwd.split('/').pop() ?? '/')),
  $: ({ user }) => (user === 'root' ? '#' : '$'),
  n: () => '\n',
  r: () => '\r',
  e: () => '\x1b',
  a: () => '\x07',
  t: ({ nowMs }) => new Date(nowMs).toISOString().slice(11, 19),
  A: ({ nowMs }) => new Date(nowMs).toISOString().slice(11, 16),
  j: ({ state }) => String(state.jobs.length),
  s: () => 'bash',
  v: () => '5.2',
  V: () => '5.2.21',
  '!': ({ state }) => String(state.history.length + 1),
  '\\': () => '\\',
  '[': () => '',
  ']': () => '',
}

/** The working directory with the home directory as a tilde. */
function shortPath({ cwd, variables }: ShellState): string {
  const home = variables.HOME?.value
  if (home === undefined || home === '' || home === '/') return cwd
  return cwd === home ? '~' : cwd.startsWith(`${home}/`) ? `~${cwd.slice(home.length)}` : cwd
}

export function renderPrompt(template: string, facts: PromptFacts): string {
  return template.replace(/\\(0\d\d|[^0])/g, (all, code: string) =>
    /^0\d\d$/.test(code) ? String.fromCharCode(parseInt(code, 8)) : (ESCAPES[code]?.(facts) ?? all),
  )
}
