/** Reading and setting shell variables, arrays included. */
import type { Proc, Run } from '../host/process.ts'
import { ShellError } from './errors.ts'
import type { ShellState, Variable } from './state.ts'

const own = <T>(record: Record<string, T>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

/** The variable that a name means here: the innermost local, else the global. */
export function findVariable(state: ShellState, name: string): Variable | undefined {
  for (let scope = state.locals.length - 1; scope >= 0; scope--) {
    const local = own(state.locals[scope] as Record<string, Variable>, name)
    if (local !== undefined) return deref(state, local)
  }
  const found = own(state.variables, name)
  return found === undefined ? undefined : deref(state, found)
}

function deref(state: ShellState, variable: Variable): Variable | undefined {
  return variable.reference === true && variable.value !== undefined ? findVariable(state, variable.value) : variable
}

/** The variable, made as a global when it is not there. */
export function makeVariable(state: ShellState, name: string): Variable {
  const found = findVariable(state, name)
  if (found !== undefined) return found
  const made: Variable = state.options.allexport ? { exported: true } : {}
  state.variables[name] = made
  return made
}

/** Makes a local of the innermost function. */
export function makeLocal(state: ShellState, name: string): Variable {
  const scope = state.locals.at(-1) ?? state.variables
  const made = own(scope, name) ?? {}
  scope[name] = made
  return made
}

export function getValue(state: ShellState, name: string): string | undefined {
  const variable = findVariable(state, name)
  return variable?.items === undefined ? variable?.value : variable.items['0']
}

/** Characters of one value; a real bash would run out of memory somewhere. */
const MAX_VALUE = 1024 * 1024

function checkSize(name: string, value: string): void {
  if (value.length > MAX_VALUE)
    throw new ShellError(`${name}: value of ${value.length} characters (limit of the simulator: ${MAX_VALUE})`, 1, true)
}

export function setValue(state: ShellState, name: string, value: string): void {
  checkSize(name, value)
  const variable = makeVariable(state, name)
  if (variable.readonly === true) throw new ShellError(`${name}: readonly variable`, 1, true)
  const cased = variable.lower === true ? value.toLowerCase() : variable.upper === true ? value.toUpperCase() : value
  if (variable.items === undefined) variable.value = cased
  else variable.items = { ...variable.items, 0: cased }
}

export function setItem(state: ShellState, name: string, key: string, value: string): void {
  checkSize(name, value)
  const variable = makeVariable(state, name)
  if (variable.readonly === true) throw new ShellError(`${name}: readonly variable`, 1, true)
  if (variable.items === undefined) {
    variable.items = variable.value === undefined ? {} : { 0: variable.value }
    delete variable.value
  }
  variable.items[key] = value
}

export function setArray(state: ShellState, name: string, values: string[]): void {
  const variable = makeVariable(state, name)
  if (variable.readonly === true) throw new ShellError(`${name}: readonly variable`, 1, true)
  delete variable.value
  variable.items = Object.fromEntries(values.map((value, index) => [String(index), value]))
}

export function unsetVariable(state: ShellState, name: string): void {
  if (findVariable(state, name)?.readonly === true)
    throw new ShellError(`unset: ${name}: cannot unset: readonly variable`, 1)
  for (let scope = state.locals.length - 1; scope >= 0; scope--) {
    const locals = state.locals[scope] as Record<string, Variable>
    if (own(locals, name) === undefined) continue
    delete locals[name]
    return
  }
  delete state.variables[name]
}

/** The keys of an array in order: numbers by size, words by insertion. */
export function keysOf(variable: Variable | undefined): string[] {
  if (variable === undefined) return []
  if (variable.items === undefined) return variable.value === undefined ? [] : ['0']
  return Object.keys(variable.items)
}

export function itemsOf(variable: Variable | undefined): string[] {
  if (variable?.items === undefined) return variable?.value === undefined ? [] : [variable.value]
  return Object.values(variable.items)
}

/** The environment for a child. */
export function environment(state: ShellState): Record<string, string> {
  const env: Record<string, string> = {}
  for (const scope of [state.variables, ...state.locals]) {
    for (const [name, { exported, value, items }] of Object.entries(scope)) {
      if (exported === true && value !== undefined && items === undefined) env[name] = value
      else if (Object.hasOwn(env, name) && exported !== true) delete env[name]
    }
  }
  return env
}

/** Every visible name. */
export function variableNames(state: ShellState): string[] {
  const names = new Set(Object.keys(state.variables))
  for (const scope of state.locals) for (const name of Object.keys(scope)) names.add(name)
  return [...names].sort()
}

/** Variables whose value is made when they are read. */
export function* dynamicValue(state: ShellState, p: Proc, name: string): Run<string | undefined> {
  switch (name) {
    case 'RANDOM':
      return String(Math.floor((yield* p.random()) * 32768))
    case 'SECONDS':
      return String(Math.floor(((yield* p.now()) - state.startedAtMs) / 1000))
    case 'EPOCHSECONDS':
      return String(Math.floor((yield* p.now()) / 1000))
    case 'LINENO':
      return String(state.line)
    case 'BASHPID':
      return String(p.pid)
    case 'UID':
    case 'EUID':
      return p.user === 'root' ? '0' : '1000'
    case 'HOSTNAME':
      return p.env.HOSTNAME ?? p.host
    case 'BASH_VERSION':
      return '5.2.21(1)-release'
    case 'BASH_SUBSHELL':
      return String(state.depth)
    case 'FUNCNAME':
      return state.functionNames.at(-1)
    case 'PPID':
      return '1'
    case 'COLUMNS':
      return String((yield* p.windowSize()).columns)
    case 'LINES':
      return String((yield* p.windowSize()).rows)
    default:
      return undefined
  }
}
