/** Assignments and aliases. */
import type { Run } from '../host/process.ts'
import { parseScript } from './ast.ts'
import type { Assignment, CommandNode, SimpleCommandNode, WordNode } from './ast.ts'
import { ShellError } from './errors.ts'
import { expandString, expandWords, numberOf } from './expand.ts'
import { keyFor } from './parameter.ts'
import { quoteNeeded } from './quote.ts'
import type { Shell } from './shell.ts'
import type { ShellState } from './state.ts'
import { findVariable, getValue, makeVariable, setItem, setValue } from './variables.ts'

/** Carries out `name=value`, `name[key]=value`, `name+=…`, `name=(…)`; gives the text that `set -x` shows. */
export function* assign(sh: Shell, assignment: Assignment): Run<string> {
  const subscript = /^([A-Za-z_]\w*)\[([\s\S]*)\]$/.exec(assignment.name)
  const name = subscript?.[1] ?? assignment.name
  if (assignment.array !== null) {
    yield* assignArray(sh, name, assignment.array, assignment.append)
    return `${name}=(…)`
  }
  const value = assignment.value === null ? '' : yield* expandString(sh, assignment.value)
  const key = subscript === null ? undefined : yield* keyFor(sh, name, subscript[2] ?? '')
  yield* store(sh, name, key, value, assignment.append)
  return `${assignment.name}=${value === '' ? '' : quoteNeeded(value)}`
}

function* store(sh: Shell, name: string, key: string | undefined, value: string, append: boolean): Run<void> {
  const variable = findVariable(sh.state, name)
  const before = append ? ((key === undefined ? getValue(sh.state, name) : variable?.items?.[key]) ?? '') : ''
  let stored = before + value
  if (variable?.integer === true)
    stored = String((append ? yield* numberOf(sh, before) : 0) + (yield* numberOf(sh, value)))
  if (key === undefined) setValue(sh.state, name, stored)
  else setItem(sh.state, name, key, stored)
}

function* assignArray(sh: Shell, name: string, words: readonly WordNode[], append: boolean): Run<void> {
  const variable = makeVariable(sh.state, name)
  if (variable.readonly === true) throw new ShellError(`${name}: readonly variable`)
  const items: Record<string, string> = append
    ? { ...(variable.items ?? (variable.value === undefined ? {} : { 0: variable.value })) }
    : {}
  let next =
    Math.max(
      -1,
      ...Object.keys(items)
        .map(Number)
        .filter((key) => !Number.isNaN(key)),
    ) + 1
  for (const word of words) {
    const keyed = keyOf(word)
    if (keyed === undefined) for (const value of yield* expandWords(sh, [word])) items[next++] = value
    else {
      const key = yield* keyFor(sh, name, keyed.key)
      items[key] = yield* expandString(sh, keyed.value)
      if (variable.associative !== true) next = Number(key) + 1
    }
  }
  delete variable.value
  variable.items = items
}

/** `[key]=value` inside an array's parentheses. */
function keyOf(word: WordNode): { key: string; value: WordNode } | undefined {
  let text = ''
  for (const [index, part] of word.parts.entries()) {
    if (part.type === 'Glob') text += part.pattern
    else if (part.type === 'Literal') text += part.value
    else if (part.type === 'DoubleQuoted' || part.type === 'SingleQuoted')
      text +=
        part.type === 'SingleQuoted'
          ? part.value
          : part.parts
              .map((inner) =>
                inner.type === 'Literal'
                  ? inner.value
                  : inner.type === 'ParameterExpansion'
                    ? `\${${inner.parameter}}`
                    : '',
              )
              .join('')
    else if (part.type === 'ParameterExpansion') text += `\${${part.parameter}}`
    else return undefined
    const match = /^\[([\s\S]*?)\]=([\s\S]*)$/.exec(text)
    if (match === null) {
      if (!text.startsWith('[')) return undefined
      continue
    }
    const rest: WordNode['parts'] =
      part.type === 'Literal' || part.type === 'Glob' ? [{ type: 'Literal', value: match[2] ?? '' }] : []
    return { key: match[1] ?? '', value: { type: 'Word', parts: [...rest, ...word.parts.slice(index + 1)] } }
  }
  return undefined
}

/** The command with its alias put in; undefined when the first word is none. */
export function expandAlias(state: ShellState, command: SimpleCommandNode): CommandNode | undefined {
  const first = command.name?.parts
  const [part] = first ?? []
  if (first?.length !== 1 || part?.type !== 'Literal' || !Object.hasOwn(state.aliases, part.value)) return undefined
  const seen = new Set<string>([part.value])
  let text = state.aliases[part.value] ?? ''
  for (
    let word = firstWord(text);
    word !== undefined && Object.hasOwn(state.aliases, word) && !seen.has(word);
    word = firstWord(text)
  ) {
    seen.add(word)
    text = (state.aliases[word] ?? '') + text.slice(word.length)
  }
  return graft(state, text, command)
}

function firstWord(text: string): string | undefined {
  return /^[^\s|&;<>()$`\\"']+/.exec(text)?.[0]
}

/** Appends the rest of the command to the last simple command of the alias's text. */
function graft(state: ShellState, text: string, command: SimpleCommandNode): CommandNode | undefined {
  const { statements } = parseScript(text)
  const last = statements.at(-1)?.pipelines.at(-1)?.commands.at(-1)
  if (last === undefined || last.type !== 'SimpleCommand')
    return statements.length === 0 ? undefined : { type: 'Group', body: statements, redirections: command.redirections }
  const args = /\s$/.test(text) ? aliasNext(state, command.args) : command.args
  const grafted: SimpleCommandNode = {
    ...last,
    assignments: [...command.assignments, ...last.assignments],
    args: [...last.args, ...args],
    redirections: [...last.redirections, ...command.redirections],
    ...(command.line === undefined ? {} : { line: command.line }),
    name:
      last.name === null
        ? null
        : {
            ...last.name,
            parts: last.name.parts.map((part) =>
              part.type === 'Literal' ? { type: 'Escaped' as const, value: part.value } : part,
            ),
          },
  }
  if (
    statements.length === 1 &&
    statements[0]?.pipelines.length === 1 &&
    statements[0].pipelines[0]?.commands.length === 1
  )
    return grafted
  const body = statements.map((statement, at) =>
    at < statements.length - 1
      ? statement
      : {
          ...statement,
          pipelines: statement.pipelines.map((pipeline, where) =>
            where < statement.pipelines.length - 1
              ? pipeline
              : { ...pipeline, commands: [...pipeline.commands.slice(0, -1), grafted] },
          ),
        },
  )
  return { type: 'Group', body, redirections: [] }
}

/** A value that ends in a blank lets the next word be an alias too. */
function aliasNext(state: ShellState, args: WordNode[]): WordNode[] {
  const [part] = args[0]?.parts ?? []
  if (args[0]?.parts.length !== 1 || part?.type !== 'Literal' || !Object.hasOwn(state.aliases, part.value)) return args
  const inner = parseScript(state.aliases[part.value] ?? '').statements[0]?.pipelines[0]?.commands[0]
  if (inner?.type !== 'SimpleCommand' || inner.name === null) return args
  return [inner.name, ...inner.args, ...args.slice(1)]
}
