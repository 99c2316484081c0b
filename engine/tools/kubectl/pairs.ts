/** Words that are changes (`key=value`, `key-`) after words that are objects. Models kubectl/pkg/cmd/util.GetResourcesAndPairs and ParsePairs. */
import { CommandError } from './errors.ts'

/** Splits arguments at the first change. `what` is `label`, `annotation`, `env`. */
export function splitPairs(
  args: string[],
  what: string,
  isPair: (word: string) => boolean = looksLikePair,
): { objects: string[]; pairs: string[] } {
  const first = args.findIndex(isPair)
  if (first < 0) return { objects: args, pairs: [] }
  const pairs = args.slice(first)
  const stray = pairs.find((word) => !isPair(word))
  if (stray !== undefined) throw new CommandError(`all resources must be specified before ${what} changes: ${stray}`)
  return { objects: args.slice(0, first), pairs }
}

const looksLikePair = (word: string): boolean => word.includes('=') || word.endsWith('-')

export interface Pairs {
  set: Record<string, string>
  remove: string[]
}

export function parsePairs(
  words: string[],
  what: string,
  check: (pair: string, value: string) => void = () => undefined,
): Pairs {
  const pairs: Pairs = { set: {}, remove: [] }
  for (const word of words) {
    const equals = word.indexOf('=')
    if (equals > 0) {
      const value = word.slice(equals + 1)
      check(word, value)
      pairs.set[word.slice(0, equals)] = value
    } else if (equals < 0 && word.endsWith('-') && word.length > 1) pairs.remove.push(word.slice(0, -1))
    else throw new CommandError(`unknown ${what} spec: ${word}`)
  }
  const both = pairs.remove.find((key) => Object.hasOwn(pairs.set, key))
  if (both !== undefined)
    throw new CommandError(
      `can not both modify and remove ${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what} in the same command`,
    )
  return pairs
}

/** The map with the pairs applied; undefined when nothing is left and nothing was there. */
export function applyPairs(map: Record<string, string> | undefined, pairs: Pairs): Record<string, string> | undefined {
  const result = { ...map, ...pairs.set }
  for (const key of pairs.remove) delete result[key]
  return map === undefined && Object.keys(result).length === 0 ? undefined : result
}
