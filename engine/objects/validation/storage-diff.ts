/**
 * The difference of two claim specs as API servers before 1.34 print it: github.com/google/go-cmp over the internal
 * Go struct. Two fields around a change are shown, the others are counted.
 */
import type { PlainObject } from '../decode.ts'
import { asObject } from '../defaults/table.ts'
import { semanticEqual } from '../equal.ts'
import { quantityValue } from '../quantity.ts'

const CONTEXT_FIELDS = 2

const pointer = (value: unknown): string => (value === undefined ? 'nil' : `&${JSON.stringify(value)}`)
const plain = (value: unknown): string => JSON.stringify(value ?? '')
const list = (value: unknown): string =>
  value === undefined ? 'nil' : `{${(value as string[]).map((one) => JSON.stringify(one)).join(', ')}}`
const struct = (value: unknown): string => (value === undefined ? 'nil' : '&{...}')

const quantity = (value: unknown, short: boolean): string => {
  const text = String(value)
  const inner = short ? '{...}' : `resource.int64Amount{value: ${quantityValue(text)}}`
  const format = /i$/.test(text) ? 'BinarySI' : 'DecimalSI'
  return `{i: ${inner}, s: ${JSON.stringify(text)}, Format: ${JSON.stringify(format)}}`
}

function resources(value: unknown): string {
  const { requests, limits } = asObject(value)
  const part = (name: string, given: unknown): string[] => {
    const entries = Object.entries(asObject(given)).map(
      ([key, one]) => `s${JSON.stringify(key)}: ${quantity(one, true)}`,
    )
    return entries.length === 0 ? [] : [`${name}: {${entries.join(', ')}}`]
  }
  return `{${[...part('Limits', limits), ...part('Requests', requests)].join(', ')}}`
}

interface Field {
  name: string
  key: string
  /** As a part of what is the same. */
  show: (value: unknown) => string
  /** The Go type, where a changed value names it. */
  type?: string
}

const FIELDS: Field[] = [
  { name: 'AccessModes', key: 'accessModes', show: list, type: '[]core.PersistentVolumeAccessMode' },
  { name: 'Selector', key: 'selector', show: struct },
  { name: 'Resources', key: 'resources', show: resources },
  { name: 'VolumeName', key: 'volumeName', show: plain },
  { name: 'StorageClassName', key: 'storageClassName', show: pointer },
  { name: 'VolumeMode', key: 'volumeMode', show: pointer },
  { name: 'DataSource', key: 'dataSource', show: struct },
  { name: 'DataSourceRef', key: 'dataSourceRef', show: struct },
  { name: 'VolumeAttributesClassName', key: 'volumeAttributesClassName', show: pointer },
]

export function claimDiff(then: PlainObject, now: PlainObject): string {
  const changed = FIELDS.map(({ key }) => !semanticEqual(then[key], now[key]))
  const isShown = (i: number): boolean =>
    changed.some((is, j) => is && Math.abs(i - j) <= CONTEXT_FIELDS) || isLoneGap(changed, i)
  const shown = FIELDS.filter((_, i) => isShown(i))
  const width = Math.max(...shown.map(({ name }) => name.length))
  const lines: string[] = []
  let skipped = 0
  const flush = (): void => {
    if (skipped > 0) lines.push(`  \t... // ${skipped} identical fields`)
    skipped = 0
  }
  FIELDS.forEach((field, i) => {
    if (!isShown(i)) return void skipped++
    flush()
    lines.push(...fieldLines(field, width, then, now, changed[i] === true))
  })
  flush()
  return ['  core.PersistentVolumeClaimSpec{', ...lines, '  }', ''].join('\n')
}

/** One field alone is not counted but shown. */
function isLoneGap(changed: boolean[], i: number): boolean {
  const near = (k: number): boolean => changed.some((is, j) => is && Math.abs(k - j) <= CONTEXT_FIELDS)
  const edge = (k: number): boolean => k < 0 || k >= changed.length || near(k)
  return !near(i) && edge(i - 1) && edge(i + 1)
}

function fieldLines(
  { name, key, show, type = '' }: Field,
  width: number,
  then: PlainObject,
  now: PlainObject,
  isChanged: boolean,
): string[] {
  const head = `${name}:`.padEnd(width + 2)
  if (!isChanged) return [`  \t${head}${show(then[key])},`]
  if (key === 'resources') return resourceLines(then[key], now[key])
  const text = (value: unknown): string => (value === undefined ? show(value) : `${type}${show(value)}`)
  return [`- \t${head}${text(then[key])},`, `+ \t${head}${text(now[key])},`]
}

function resourceLines(then: unknown, now: unknown): string[] {
  const requests = (sign: string, value: unknown): string[] => [
    `${sign} \t\tRequests: core.ResourceList{`,
    ...Object.entries(asObject(asObject(value).requests)).map(
      ([name, one]) => `${sign} \t\t\ts${JSON.stringify(name)}: ${quantity(one, false)},`,
    ),
    `${sign} \t\t},`,
  ]
  return [
    '  \tResources: core.VolumeResourceRequirements{',
    '  \t\tLimits: nil,',
    ...requests('-', then),
    ...requests('+', now),
    '  \t},',
  ]
}
