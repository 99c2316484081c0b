/** Levels and versions of a namespace, and what breaks them. Models pod-security-admission/api/helpers.go and policy/registry.go. */
import { invalid } from '../../../../objects/validation/errors.ts'
import type { FieldError } from '../../../../objects/validation/errors.ts'
import { CHECKS } from './checks.ts'
import type { Check, PodLike, Violation } from './checks.ts'

export type Level = 'privileged' | 'baseline' | 'restricted'
export type Mode = 'enforce' | 'audit' | 'warn'

const LEVELS: Level[] = ['privileged', 'baseline', 'restricted']
export const MODES: Mode[] = ['enforce', 'audit', 'warn']
const PREFIX = 'pod-security.kubernetes.io/'

export interface LevelVersion {
  level: Level
  /** `latest` or `v1.30`. */
  version: string
}

export type Policy = Record<Mode, LevelVersion>

export const textOf = ({ level, version }: LevelVersion): string => `${level}:${version}`

/** The policy that labels ask for over what holds by default; wrong labels are taken for the strictest. */
export function policyOf(
  labels: Record<string, string> | undefined,
  defaults: Policy,
): { policy: Policy; errors: FieldError[] } {
  const policy = { ...defaults }
  const errors: FieldError[] = []
  for (const mode of MODES) {
    const level = labels?.[PREFIX + mode]
    const version = labels?.[`${PREFIX}${mode}-version`]
    if (level !== undefined) policy[mode] = { ...policy[mode], level: levelOf(level, mode, errors) }
    if (version !== undefined) policy[mode] = { ...policy[mode], version: versionOf(version, mode, errors) }
  }
  return { policy, errors }
}

function levelOf(text: string, mode: Mode, errors: FieldError[]): Level {
  const level = LEVELS.find((one) => one === text)
  if (level !== undefined) return level
  errors.push(invalid(`metadata.labels[${PREFIX}${mode}]`, text, `must be one of ${LEVELS.join(', ')}`))
  return mode === 'enforce' ? 'restricted' : 'privileged'
}

function versionOf(text: string, mode: Mode, errors: FieldError[]): string {
  if (text === 'latest' || /^v1\.(0|[1-9]\d*)$/.test(text)) return text
  errors.push(invalid(`metadata.labels[${PREFIX}${mode}-version]`, text, 'must be "latest" or "v1.x"'))
  return 'latest'
}

/** Negative when `a` is less strict. */
export const compareLevels = (a: Level, b: Level): number => LEVELS.indexOf(a) - LEVELS.indexOf(b)

/** The checks of a level, as one minor version of the policy has them; those of one release and level do not change. */
const known = new Map<string, ((pod: PodLike) => Violation | undefined)[]>()

function checksOf(level: Level, minor: number): ((pod: PodLike) => Violation | undefined)[] {
  const key = `${level}/${minor}`
  let checks = known.get(key)
  if (checks === undefined) {
    const wanted = CHECKS.filter((check) => isWanted(check, level, minor))
    const replaced = new Set(wanted.flatMap(({ replaces = [] }) => replaces))
    checks = wanted.filter(({ id }) => !replaced.has(id)).map((check) => asOf(check, minor))
    known.set(key, checks)
  }
  return checks
}

const isWanted = (check: Check, level: Level, minor: number): boolean =>
  level !== 'privileged' &&
  (check.level === 'baseline' || level === 'restricted') &&
  check.versions.some(([since]) => since <= minor)

const asOf = ({ versions }: Check, minor: number): Check['versions'][number][1] =>
  (versions.filter(([since]) => since <= minor).at(-1) as Check['versions'][number])[1]

/** What a pod breaks. `minor` is the server's release, which `latest` means and later versions cannot go beyond. */
export function violationsOf({ level, version }: LevelVersion, pod: PodLike, minor: number): Violation[] {
  const asked = version === 'latest' ? minor : Math.min(Number(version.slice(3)), minor)
  return checksOf(level, asked).flatMap((check) => check(pod) ?? [])
}

/** `hostPort (container "a" uses hostPort 80), privileged (…)` */
export const detailsOf = (violations: Violation[]): string =>
  violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ')

export const reasonsOf = (violations: Violation[]): string => violations.map(({ reason }) => reason).join(', ')
