import { humanDuration } from '../duration.ts'
import { makeLabelSelector, selectorFromObject } from '../selectors.ts'
import type { Container, LabelSelector, ObjectMeta, PodTemplateSpec } from '../types.gen.ts'

export type Cell = string | number

/** What a cell may depend on besides its object. */
export interface RowContext {
  nowMs: number
  /** The minor release: 35 for 1.35. */
  minor: number
}

/** One column of a kind's table: what the API server says of it and how it fills a cell. */
export interface Column<T> {
  name: string
  type: 'string' | 'integer' | 'boolean' | 'date'
  format?: string
  /** 1: shown with `-o wide` only. */
  priority?: number
  /** The minor releases from and until (exclusive) which the column is there. */
  since?: number
  until?: number
  cell: (object: T, row: RowContext) => Cell
}

export interface Named {
  metadata?: ObjectMeta
}

type CellOf<T> = Column<T>['cell']

export const text = <T>(name: string, cell: CellOf<T>): Column<T> => ({ name, type: 'string', cell })
export const number = <T>(name: string, cell: CellOf<T>): Column<T> => ({ name, type: 'integer', cell })
export const wide = <T>(column: Column<T>): Column<T> => ({ ...column, priority: 1 })
export const since = <T>(minor: number, column: Column<T>): Column<T> => ({ ...column, since: minor })
export const until = <T>(minor: number, column: Column<T>): Column<T> => ({ ...column, until: minor })

/** A time since a timestamp, `<unknown>` when there is none (K2). */
export function age(timestamp: string | null | undefined, nowMs: number): string {
  if (timestamp === undefined || timestamp === null || timestamp === '') return '<unknown>'
  return humanDuration(nowMs - Date.parse(timestamp))
}

export const nameColumn: Column<Named> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  cell: (object) => object.metadata?.name ?? '',
}
export const ageColumn: Column<Named> = {
  name: 'Age',
  type: 'string',
  cell: (object, row) => age(object.metadata?.creationTimestamp, row.nowMs),
}
export const createdAtColumn: Column<Named> = {
  name: 'Created At',
  type: 'date',
  cell: (object) => object.metadata?.creationTimestamp ?? '',
}

export const orNone = (value: string | undefined | null): string => (value ? value : '<none>')

const containersOf = (template: PodTemplateSpec | undefined): Container[] => template?.spec?.containers ?? []

export const containerNames = (template: PodTemplateSpec | undefined): string =>
  containersOf(template)
    .map((container) => container.name)
    .join(',')

export const containerImages = (template: PodTemplateSpec | undefined): string =>
  containersOf(template)
    .map((container) => container.image ?? '')
    .join(',')

/** `a=b,c=d`, sorted by key; `<none>` for no labels at all. */
export function formatLabels(labels: Record<string, string> | undefined): string {
  const keys = Object.keys(labels ?? {}).sort()
  return keys.length === 0 ? '<none>' : keys.map((key) => `${key}=${labels![key]!}`).join(',')
}

/** Models metav1.FormatLabelSelector. */
export function formatSelector(selector: LabelSelector | undefined): string {
  try {
    return makeLabelSelector(selectorFromObject(selector)) || '<none>'
  } catch {
    return '<error>'
  }
}
