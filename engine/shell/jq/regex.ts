/** Regular expressions as jq's Oniguruma reads them, carried out by the platform's. Not modelled: flag l, possessive quantifiers, \G, \K. */
import { JqError, described } from './values.ts'
import type { Value, ValueMap } from './values.ts'

const CLASSES: Record<string, string> = {
  alpha: '\\p{L}',
  digit: '\\d',
  alnum: '\\p{L}\\p{N}',
  upper: '\\p{Lu}',
  lower: '\\p{Ll}',
  space: '\\s',
  punct: '!-/:-@\\[-`{-~',
  xdigit: '0-9A-Fa-f',
  word: '\\w',
}

/** The same pattern in JavaScript's words. */
function translated(pattern: string): { source: string; flags: string } {
  let flags = ''
  let source = pattern.replace(/\[:(\w+):\]/g, (all, name: string) => CLASSES[name] ?? all)
  source = source.replace(/^\(\?([imsx]+)\)/, (_all, letters: string) => {
    if (letters.includes('i')) flags += 'i'
    if (letters.includes('m')) flags += 's'
    return ''
  })
  source = source
    .replace(/\\A/g, '^')
    .replace(/\\[zZ]/g, '$')
    .replace(/\\h/g, '[0-9a-fA-F]')
  return { source: source.replace(/\\([-_#'"/!%&,:;<=>@`~ ])/g, '$1').replace(/^\^?\*/, (all) => `\\${all}`), flags }
}

function compile(pattern: string, flags: string): RegExp {
  const { source, flags: own } = translated(flags.includes('x') ? pattern.replace(/\\?\s+|#.*$/gm, '') : pattern)
  const letters = new Set([
    'g',
    'm',
    ...own,
    ...(flags.includes('i') ? ['i'] : []),
    ...(flags.includes('s') ? ['s'] : []),
  ])
  try {
    return new RegExp(source, `${[...letters].join('')}u`)
  } catch {
    try {
      return new RegExp(source, [...letters].join(''))
    } catch {
      throw new JqError(`${pattern} (at offset 0) is not a valid regex`)
    }
  }
}

/** The matches as jq's `match` tells them; flag `g` asks for all. */
export function matches(input: Value, pattern: Value, flags: Value): ValueMap[] {
  if (typeof input !== 'string') throw new JqError(`${described(input)} cannot be matched, as it is not a string`)
  if (typeof pattern !== 'string') throw new JqError(`${described(pattern)} cannot be matched, as it is not a string`)
  if (flags !== null && typeof flags !== 'string') throw new JqError(`${described(flags)} is not a string`)
  const letters = flags ?? ''
  const unknown = [...letters].find((letter) => !'gimnpslx'.includes(letter))
  if (unknown !== undefined) throw new JqError(`${letters} is not a valid modifier string`)
  const regex = compile(pattern, letters)
  const found: ValueMap[] = []
  for (const match of input.matchAll(regex)) {
    if (match[0] === '' && letters.includes('n')) continue
    found.push(matchOf(input, match, regex))
    if (!letters.includes('g')) break
  }
  return found
}

function matchOf(input: string, match: RegExpMatchArray, regex: RegExp): ValueMap {
  const offset = [...input.slice(0, match.index)].length
  const names = namesOf(regex)
  const captures = match.slice(1).map((text: string | undefined, index): Value => {
    const at = text === undefined ? -1 : offset + [...match[0].slice(0, match[0].indexOf(text))].length
    return new Map<string, Value>([
      ['offset', at],
      ['length', text === undefined ? 0 : [...text].length],
      ['string', text ?? null],
      ['name', names[index] ?? null],
    ])
  })
  return new Map<string, Value>([
    ['offset', offset],
    ['length', [...match[0]].length],
    ['string', match[0]],
    ['captures', captures],
  ])
}

/** The names of the groups in order; a group without one has none. */
function namesOf({ source }: RegExp): (string | undefined)[] {
  const groups = source
    .replace(/\\./g, '')
    .replace(/\[[^\]]*\]/g, '')
    .matchAll(/\((?!\?)|\(\?<(?![=!])(\w+)>/g)
  return [...groups].map((group) => group[1])
}
