/**
 * The releases of Kubernetes on offer, and the images that kubeadm of each names beside its own: etcd, CoreDNS, pause.
 * Models cmd/kubeadm/app/constants/constants.go at each tag (A2), and the patch lists of the release pages.
 */
import { parseVersion } from './version.ts'

export interface Release {
  minor: number
  /** The patch that a cluster of this minor has unless told otherwise. */
  latest: number
  /** Every patch that was published, ascending. */
  patches: readonly number[]
  /** Tags at the newest patch: `3.6.6-0`, `v1.13.1`, `3.10.1`. */
  etcd: string
  coreDns: string
  pause: string
}

/** A tag, or what it was from which patch on. */
type Tag = string | readonly (readonly [fromPatch: number, tag: string])[]

interface Row {
  latest: number
  /** Patches beyond the one that this engine stands at: there are images and packages of them. */
  later?: number
  /** Patches that were never published. */
  missing?: readonly number[]
  etcd: Tag
  coreDns: Tag
  pause: string
}

const ROWS: Record<number, Row> = {
  12: { latest: 10, etcd: '3.2.24', coreDns: '1.2.2', pause: '3.1' },
  13: { latest: 12, etcd: '3.2.24', coreDns: '1.2.6', pause: '3.1' },
  14: { latest: 10, etcd: '3.3.10', coreDns: '1.3.1', pause: '3.1' },
  15: { latest: 12, etcd: '3.3.10', coreDns: '1.3.1', pause: '3.1' },
  16: { latest: 15, etcd: '3.3.15-0', coreDns: '1.6.2', pause: '3.1' },
  17: { latest: 17, missing: [10], etcd: '3.4.3-0', coreDns: '1.6.5', pause: '3.1' },
  18: { latest: 20, missing: [7, 11], etcd: '3.4.3-0', coreDns: '1.6.7', pause: '3.2' },
  19: { latest: 16, etcd: [[0, '3.4.9-1'], [1, '3.4.13-0']], coreDns: '1.7.0', pause: '3.2' }, // prettier-ignore
  20: { latest: 15, etcd: '3.4.13-0', coreDns: '1.7.0', pause: '3.2' },
  21: { latest: 14, etcd: '3.4.13-0', coreDns: 'v1.8.0', pause: '3.4.1' },
  22: { latest: 17, etcd: [[0, '3.5.0-0'], [17, '3.5.6-0']], coreDns: 'v1.8.4', pause: '3.5' }, // prettier-ignore
  23: { latest: 17, etcd: [[0, '3.5.1-0'], [14, '3.5.5-0'], [15, '3.5.6-0']], coreDns: 'v1.8.6', pause: '3.6' }, // prettier-ignore
  24: { latest: 17, etcd: [[0, '3.5.3-0'], [8, '3.5.5-0'], [9, '3.5.6-0']], coreDns: 'v1.8.6', pause: '3.7' }, // prettier-ignore
  25: {
    latest: 16,
    etcd: [[0, '3.5.4-0'], [4, '3.5.5-0'], [5, '3.5.6-0'], [15, '3.5.9-0']], // prettier-ignore
    coreDns: 'v1.9.3',
    pause: '3.8',
  },
  26: { latest: 15, etcd: [[0, '3.5.6-0'], [10, '3.5.9-0'], [13, '3.5.10-0']], coreDns: 'v1.9.3', pause: '3.9' }, // prettier-ignore
  27: {
    latest: 16,
    etcd: [[0, '3.5.7-0'], [7, '3.5.9-0'], [10, '3.5.10-0'], [12, '3.5.12-0']], // prettier-ignore
    coreDns: 'v1.10.1',
    pause: '3.9',
  },
  28: {
    latest: 15,
    etcd: [[0, '3.5.9-0'], [6, '3.5.10-0'], [8, '3.5.12-0'], [14, '3.5.15-0']], // prettier-ignore
    coreDns: 'v1.10.1',
    pause: '3.9',
  },
  29: {
    latest: 15,
    etcd: [[0, '3.5.10-0'], [3, '3.5.12-0'], [9, '3.5.15-0'], [11, '3.5.16-0']], // prettier-ignore
    coreDns: 'v1.11.1',
    pause: '3.9',
  },
  30: {
    latest: 14,
    etcd: [[0, '3.5.12-0'], [5, '3.5.15-0']], // prettier-ignore
    coreDns: [[0, 'v1.11.1'], [5, 'v1.11.3']], // prettier-ignore
    pause: '3.9',
  },
  31: {
    latest: 14,
    etcd: [[0, '3.5.15-0'], [14, '3.5.24-0']], // prettier-ignore
    coreDns: [[0, 'v1.11.1'], [1, 'v1.11.3']], // prettier-ignore
    pause: '3.10',
  },
  32: { latest: 11, etcd: [[0, '3.5.16-0'], [10, '3.5.24-0']], coreDns: 'v1.11.3', pause: '3.10' }, // prettier-ignore
  33: { latest: 13, etcd: [[0, '3.5.21-0'], [6, '3.5.24-0']], coreDns: 'v1.12.0', pause: '3.10' }, // prettier-ignore
  34: { latest: 6, etcd: [[0, '3.6.4-0'], [2, '3.6.5-0']], coreDns: 'v1.12.1', pause: '3.10.1' }, // prettier-ignore
  35: { latest: 3, etcd: '3.6.6-0', coreDns: 'v1.13.1', pause: '3.10.1' },
  36: { latest: 1, later: 2, etcd: '3.6.8-0', coreDns: 'v1.14.2', pause: '3.10.2' },
}

function tagAt(tag: Tag, patch: number): string {
  if (typeof tag === 'string') return tag
  return tag.filter(([from]) => from <= patch).at(-1)?.[1] ?? tag[0]?.[1] ?? ''
}

function makeRelease(minor: number, { latest, later = 0, missing = [], etcd, coreDns, pause }: Row): Release {
  const patches = Array.from({ length: latest + later + 1 }, (_, patch) => patch).filter(
    (patch) => !missing.includes(patch),
  )
  return { minor, latest, patches, etcd: tagAt(etcd, latest), coreDns: tagAt(coreDns, latest), pause }
}

/** By minor: 12 to 36. */
export const RELEASES: Readonly<Record<number, Release>> = Object.fromEntries(
  Object.entries(ROWS).map(([minor, row]) => [minor, makeRelease(Number(minor), row)]),
)
export const OLDEST_MINOR = Math.min(...Object.keys(ROWS).map(Number))
export const NEWEST_MINOR = Math.max(...Object.keys(ROWS).map(Number))

/** The newest version of a minor, `1.35.3`; of a minor that is not on offer, its `.0`. */
export function latestOf(minor: number): string {
  return `1.${minor}.${RELEASES[minor]?.latest ?? 0}`
}

/** Every published version of a minor, ascending. */
export function versionsOf(minor: number): string[] {
  return (RELEASES[minor]?.patches ?? []).map((patch) => `1.${minor}.${patch}`)
}

/** A released version: with or without `v`. */
export function isPublished(version: string): boolean {
  const parsed = parseVersion(version)
  return (
    parsed?.major === 1 && parsed.pre === undefined && RELEASES[parsed.minor]?.patches.includes(parsed.patch) === true
  )
}

/** The row of a version, or of the nearest minor there is. */
function rowOf(version: string): { row: Row; patch: number } {
  const { minor, patch } = parseVersion(version) ?? { minor: NEWEST_MINOR, patch: 0 }
  const near = Math.min(Math.max(minor, OLDEST_MINOR), NEWEST_MINOR)
  return { row: ROWS[near] as Row, patch: near === minor ? patch : Infinity }
}

/** Tag of the etcd image that kubeadm of a version names: `3.5.24-0` of `1.33.13`. */
export function etcdTag(version: string): string {
  const { row, patch } = rowOf(version)
  return tagAt(row.etcd, patch)
}

/** `v1.13.1`; without `v` up to 1.20. */
export function coreDnsTag(version: string): string {
  const { row, patch } = rowOf(version)
  return tagAt(row.coreDns, patch)
}

export function pauseTag(version: string): string {
  return rowOf(version).row.pause
}

/** The first patch of older minors whose kubeadm names the new registry; from 1.25 on all do. */
const NEW_REGISTRY_SINCE: Record<number, number> = { 22: 17, 23: 15, 24: 9 }

/** Where kubeadm of a version takes its images from (P10). */
export function defaultRegistry(version: string): string {
  const { minor, patch } = parseVersion(version) ?? { minor: NEWEST_MINOR, patch: 0 }
  const since = minor >= 25 ? 0 : (NEW_REGISTRY_SINCE[minor] ?? Infinity)
  return patch >= since ? 'registry.k8s.io' : 'k8s.gcr.io'
}

/** Name and tag of CoreDNS's image without its registry: `coredns/coredns:v1.13.1`, `coredns:1.7.0` up to 1.20. */
export function coreDnsImagePath(version: string): string {
  const tag = coreDnsTag(version)
  return tag.startsWith('v') ? `coredns/coredns:${tag}` : `coredns:${tag}`
}
