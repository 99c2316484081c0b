/** The suffix of `--append-hash`. Models kubectl/pkg/util/hash. */
import forge from 'node-forge'
import { goJson } from './last-applied.ts'

/** Digits and vowels that may look like words are replaced. */
const LETTERS: Record<string, string> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' }

/** `-9dtcmmmm5t`'s ten letters: SHA-256 of the facts, keys in order of the alphabet. */
export function nameHash(facts: Record<string, unknown>): string {
  const ordered = Object.fromEntries(
    Object.keys(facts)
      .sort()
      .map((key) => [key, facts[key]]),
  )
  const digest = forge.md.sha256.create().update(goJson(ordered), 'utf8').digest().toHex()
  return [...digest.slice(0, 10)].map((letter) => LETTERS[letter] ?? letter).join('')
}
