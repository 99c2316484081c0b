/** Release numbers (`1.35`, `v1.35.2`) and API versions (`v1beta1`): reading, comparing, distance. */

export interface Release {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** `alpha.1`, `rc.0`; empty for a final release. */
  readonly pre: string
}

/** Reads `1.35`, `v1.35.2`, `v1.36.0-rc.1`. Build metadata after `+` is ignored. Throws on anything else. */
export function parseRelease(text: string): Release {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/.exec(text)
  if (match === null) throw new Error(`could not parse ${JSON.stringify(text)} as version`)
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3] ?? 0), pre: match[4] ?? '' }
}

/** `v1.35.2`, `v1.36.0-rc.1`. */
export function makeRelease({ major, minor, patch, pre }: Release): string {
  return `v${major}.${minor}.${patch}${pre === '' ? '' : `-${pre}`}`
}

const asRelease = (value: Release | string): Release => (typeof value === 'string' ? parseRelease(value) : value)

function comparePart(a: string, b: string): number {
  const numeric = /^\d+$/
  if (numeric.test(a) && numeric.test(b)) return Number(a) - Number(b)
  if (numeric.test(a) !== numeric.test(b)) return numeric.test(a) ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}

function comparePre(a: string, b: string): number {
  if (a === b) return 0
  if (a === '' || b === '') return a === '' ? 1 : -1
  const left = a.split('.')
  const right = b.split('.')
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = comparePart(left[i]!, right[i]!)
    if (order !== 0) return order
  }
  return left.length - right.length
}

/** Negative, zero or positive, as semver orders releases (a pre-release before its release). */
export function compareReleases(a: Release | string, b: Release | string): number {
  const left = asRelease(a)
  const right = asRelease(b)
  return (
    left.major - right.major || left.minor - right.minor || left.patch - right.patch || comparePre(left.pre, right.pre)
  )
}

/** How many minors `a` is ahead of `b` (negative: behind). Across majors there is no such number: NaN. */
export function minorDistance(a: Release | string, b: Release | string): number {
  const left = asRelease(a)
  const right = asRelease(b)
  return left.major === right.major ? left.minor - right.minor : NaN
}

/** Whether a release is that minor or a later one. */
export function releaseAtLeast(release: Release | string, minor: Release | string): boolean {
  const left = asRelease(release)
  const right = asRelease(minor)
  return left.major > right.major || (left.major === right.major && left.minor >= right.minor)
}

const STAGES = ['alpha', 'beta', '']

/**
 * Orders API versions, most stable first: v2, v1, v1beta2, v1beta1, v1alpha1, then everything else by name.
 * Models k8s.io/apimachinery/pkg/version/helpers.go.
 */
export function compareKubeVersions(a: string, b: string): number {
  const pattern = /^v(\d+)(?:(alpha|beta)(\d+))?$/
  const left = pattern.exec(a)
  const right = pattern.exec(b)
  if (left === null || right === null) return left !== null ? -1 : right !== null ? 1 : a < b ? -1 : a > b ? 1 : 0
  const stage = STAGES.indexOf(right[2] ?? '') - STAGES.indexOf(left[2] ?? '')
  return stage || Number(right[1]) - Number(left[1]) || Number(right[3] ?? 0) - Number(left[3] ?? 0)
}
