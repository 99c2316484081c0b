/** Semantic versions. Models k8s.io/apiserver/pkg/cel/library/semverlib.go. */
import { SemVer } from 'semver'
import { CelRuntimeError } from '../errors.ts'
import type { FunctionRow } from './overload.ts'

/** A version inside an expression. */
export class CelSemver {
  readonly version: SemVer
  readonly text: string
  constructor(version: SemVer) {
    this.version = version
    this.text = version.raw
  }
}

/** With normalization, a leading v is dropped and missing parts are zero. */
function normalized(text: string): string {
  const bare = text.replace(/^v/, '')
  const [core = '', ...rest] = bare.split(/(?=[-+])/)
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''))
  while (parts.length < 3) parts.push('0')
  return [parts.join('.'), ...rest].join('')
}

function parse(text: string, normalize = false): CelSemver | undefined {
  const wanted = normalize ? normalized(text) : text
  if (!/^\d/.test(wanted)) return undefined
  try {
    return new CelSemver(new SemVer(wanted))
  } catch {
    return undefined
  }
}

function semver(text: string, normalize = false): CelSemver {
  const made = parse(text, normalize)
  if (made) return made
  const why = /^\d+\.\d+\.\d+/.test(text) ? 'Invalid character(s) found' : 'No Major.Minor.Patch elements found'
  throw new CelRuntimeError(why)
}

const order = (a: CelSemver, b: CelSemver): number => a.version.compare(b.version)

export const SEMVER: readonly FunctionRow[] = [
  ['semver(string): Semver', semver],
  ['semver(string, bool): Semver', semver],
  ['isSemver(string): bool', (text: string) => parse(text) !== undefined],
  ['isSemver(string, bool): bool', (text: string, normalize: boolean) => parse(text, normalize) !== undefined],
  ['Semver.major(): int', (of: CelSemver) => BigInt(of.version.major)],
  ['Semver.minor(): int', (of: CelSemver) => BigInt(of.version.minor)],
  ['Semver.patch(): int', (of: CelSemver) => BigInt(of.version.patch)],
  ['Semver.compareTo(Semver): int', (a: CelSemver, b: CelSemver) => BigInt(order(a, b))],
  ['Semver.isLessThan(Semver): bool', (a: CelSemver, b: CelSemver) => order(a, b) < 0],
  ['Semver.isGreaterThan(Semver): bool', (a: CelSemver, b: CelSemver) => order(a, b) > 0],
]
