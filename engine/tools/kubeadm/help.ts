/** `--help` in cobra's layout. Models spf13/cobra's usage template. */
import type { FlagSpec } from '../kubectl/flags.ts'
import type { Command } from './command.ts'
import { GLOBAL } from './options.ts'

const TYPE_NAMES: Record<FlagSpec['type'], string> = {
  bool: '',
  string: 'string',
  strings: 'strings',
  array: 'stringArray',
  int: 'int',
  duration: 'duration',
}

function defaultText({ type, default: value }: FlagSpec): string {
  if (value === '' || value === 'false' || value === '[]' || value === '0') return ''
  return type === 'string' ? ` (default ${JSON.stringify(value)})` : ` (default ${value})`
}

function flagLines(specs: readonly FlagSpec[]): string {
  const shown = specs.filter(({ hidden }) => hidden !== true).sort((a, b) => (a.name < b.name ? -1 : 1))
  const heads = shown.map(({ short, name, type, typeName }) => {
    const kind = typeName ?? TYPE_NAMES[type]
    return `  ${short ? `-${short}, ` : '    '}--${name}${kind === '' ? '' : ` ${kind}`}`
  })
  const width = Math.max(...heads.map((head) => head.length)) + 3
  return shown.map((one, index) => `${(heads[index] ?? '').padEnd(width)}${one.usage}${defaultText(one)}\n`).join('')
}

/** What cobra adds to the root. */
const COBRAS = [
  ['completion', 'Output shell completion code for the specified shell (bash or zsh)'],
  ['help', 'Help about any command'],
]

const nameOf = (path: string): string => path.split(' ').at(-1) ?? ''

/** `children`: the commands right under it. */
export function helpText(command: Command, children: readonly Command[]): string {
  const full = command.path === '' ? 'kubeadm' : `kubeadm ${command.path}`
  const uses = [
    ...(command.run !== undefined ? [`  ${full}${command.takes ? ` ${command.takes}` : ''} [flags]`] : []),
    ...(children.length > 0 ? [`  ${full} [command]`] : []),
  ]
  const rows = [...children.map(({ path, short }) => [nameOf(path), short]), ...(command.path === '' ? COBRAS : [])]
  const width = Math.max(11, ...rows.map(([name = '']) => name.length))
  const commands = rows
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
    .map(([name = '', short]) => `  ${name.padEnd(width)} ${short}\n`)
    .join('')
  const help: FlagSpec = {
    name: 'help',
    short: 'h',
    type: 'bool',
    default: 'false',
    usage: `help for ${command.path === '' ? 'kubeadm' : nameOf(command.path)}`,
  }
  const aliases = command.aliases ? `\nAliases:\n  ${[nameOf(command.path), ...command.aliases].join(', ')}\n` : ''
  return [
    `${(command.long ?? command.short).trimEnd()}\n\nUsage:\n${uses.join('\n')}\n${aliases}`,
    commands === '' ? '' : `\nAvailable Commands:\n${commands}`,
    `\nFlags:\n${flagLines([...(command.flags ?? []), ...(command.path === '' ? GLOBAL : []), help])}`,
    command.path === '' ? '' : `\nGlobal Flags:\n${flagLines(GLOBAL)}`,
    children.length > 0 ? `\nUse "${full} [command] --help" for more information about a command.\n` : '',
  ].join('')
}
