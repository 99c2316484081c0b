/** Which fields a release's types have: the schema is the newest one's, older releases know fewer fields and a few that are gone. */
import releasesJson from './schema/releases.json' with { type: 'json' }

interface TypeReleases {
  since?: Record<string, number>
  until?: Record<string, [number, string]>
  requiredSince?: Record<string, number>
  requiredUntil?: Record<string, number>
}

const releases = releasesJson as unknown as Record<string, TypeReleases | undefined>

const NONE: Record<string, [number, string]> = {}

/** Whether a minor release knows a field of a type in the schema. */
export const knowsField = (type: string, field: string, minor: number): boolean =>
  (releases[type]?.since?.[field] ?? 0) <= minor

/** Fields that a minor release has and the newest has not, with their types. */
export const goneFields = (type: string, minor: number): [field: string, notation: string][] =>
  Object.entries(releases[type]?.until ?? NONE)
    .filter(([, [until]]) => minor < until)
    .map(([field, [, notation]]) => [field, notation])

/** The fields that must be there in a minor release. */
export function requiredIn(type: string, required: string[], minor: number): string[] {
  const { requiredSince = {}, requiredUntil = {} } = releases[type] ?? {}
  const now = required.filter((field) => (requiredSince[field] ?? 0) <= minor && knowsField(type, field, minor))
  const then = Object.keys(requiredUntil).filter((field) => minor < requiredUntil[field]!)
  return then.length === 0 ? now : [...now, ...then].sort()
}
