/** Versions of Kubernetes and its kin: `v1.35.2`, `1.36.0-rc.1`, `3.5.24-0`. */

export interface Version {
  major: number
  minor: number
  patch: number
  /** `rc.1`, without the dash. */
  pre?: string
}

const FORM = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/

/** Reads a version, with or without `v`; a missing patch is 0. Undefined when it is none. */
export function parseVersion(text: string): Version | undefined {
  const match = FORM.exec(text.trim())
  if (match === null) return undefined
  const [, major, minor, patch = '0', pre] = match
  return { major: Number(major), minor: Number(minor), patch: Number(patch), ...(pre !== undefined && { pre }) }
}

/** `1.35.2`, `1.36.0-rc.1`; the opposite of `parseVersion`. */
export function makeVersion({ major, minor, patch, pre }: Version): string {
  return `${major}.${minor}.${patch}${pre === undefined ? '' : `-${pre}`}`
}

/** Negative when `a` is older than `b`, by the rules of semantic versions. A text that is no version is older than any. */
export function compareVersions(a: string | Version, b: string | Version): number {
  const left = typeof a === 'string' ? parseVersion(a) : a
  const right = typeof b === 'string' ? parseVersion(b) : b
  if (left === undefined || right === undefined) return Number(left !== undefined) - Number(right !== undefined)
  return (
    left.major - right.major || left.minor - right.minor || left.patch - right.patch || comparePre(left.pre, right.pre)
  )
}

/** A release is newer than its pre-releases; identifiers of digits compare as numbers and are older than words. */
function comparePre(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  const [left, right] = [a.split('.'), b.split('.')]
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = compareIdentifiers(left[i], right[i])
    if (order !== 0) return order
  }
  return 0
}

function compareIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  const [aIsNumber, bIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (aIsNumber && bIsNumber) return Number(a) - Number(b)
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}
