/** Which groups and versions --runtime-config asks for. Models apiserver server/resourceconfig/helpers.go. */

/** `apps/v1`, `api/beta` … → `true`, `false`, or nothing, which is true. */
export type RuntimeConfig = Readonly<Record<string, string>>

/** `v1`, `api/v1` and what begins so mean the core group. */
export const runtimeKey = (key: string): string =>
  /^(api\/)?v1(\/|$)/.test(key) ? key.replace(/^(api\/)?v1/, '/v1') : key

const TRUE = ['', '1', 't', 'T', 'true', 'TRUE', 'True']

const isOn = (value: string | undefined): boolean | undefined =>
  value === undefined ? undefined : TRUE.includes(value)

interface Served {
  group: string
  version: string
  resource?: string
}

/**
 * Whether a version, or one of its resources, is served; undefined: as the release has it. The most specific key
 * decides: resource, version, stability, all.
 */
export function servedBy(config: RuntimeConfig, { group, version, resource }: Served): boolean | undefined {
  const stability = /alpha/.test(version) ? 'api/alpha' : /beta/.test(version) ? 'api/beta' : 'api/ga'
  const given = Object.fromEntries(Object.entries(config).map(([key, value]) => [runtimeKey(key), value]))
  const own = resource === undefined ? undefined : isOn(given[`${group}/${version}/${resource}`])
  return own ?? isOn(given[`${group}/${version}`]) ?? isOn(given[stability]) ?? isOn(given['api/all'])
}
