/** `crictl config --set runtime-endpoint=…`, `--get`, `--list`. Models config.go as far as the file goes. */
import type { Proc, Run } from '../../process.ts'
import { has } from '../options.ts'
import type { Options } from '../options.ts'
import { say } from './common.ts'

export function* config(p: Proc, options: Options, argv: readonly string[]): Run<number> {
  const file = yield* p.readFile('/etc/crictl.yaml')
  const text = 'text' in file ? file.text : ''
  const pairs = new Map(text.split('\n').filter((line) => line.includes(':')).map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim().replace(/^"(.*)"$/, '$1')])) // prettier-ignore
  const words = argv.slice(argv.indexOf('config') + 1).filter((word) => !word.startsWith('-') || word.includes('='))
  const [first] = words.map((word) => word.replace(/^--(set|get)=/, ''))
  if (has(options, 'get') && first !== undefined) {
    yield* p.out(`${pairs.get(first) ?? ''}\n`)
    return 0
  }
  if (has(options, 'set') && first !== undefined) {
    for (const pair of first.split(',')) pairs.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    const made = [...pairs].map(
      ([key, value]) => `${key}: ${value === '' ? '""' : /^(unix|tcp)/.test(value) ? `"${value}"` : value}\n`,
    )
    const done = yield* p.writeFile('/etc/crictl.yaml', made.join(''))
    return 'error' in done ? yield* say(p, 'FATA[0000] open /etc/crictl.yaml: permission denied \n') : 0
  }
  for (const [key, value] of pairs) yield* p.out(`${key}: ${value}\n`)
  return 0
}
