/** Optional values. Models cel-go cel/library.go (OptionalTypes). */
import { Optional } from '@marcbachmann/cel-js'
import type { FunctionRow } from './overload.ts'

const isZero = (value: unknown): boolean =>
  value === null ||
  value === false ||
  value === 0 ||
  value === 0n ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && value !== null && value.constructor === Object && Object.keys(value).length === 0)

export const OPTIONALS: readonly FunctionRow[] = [
  ['optional.none(): optional<T>', () => Optional.none()],
  ['optional.of(T): optional<T>', (value: unknown) => Optional.of(value)],
  [
    'optional.ofNonZeroValue(T): optional<T>',
    (value: unknown) => (isZero(value) ? Optional.none() : Optional.of(value)),
  ],
  ['optional<T>.hasValue(): bool', (of: Optional) => of.hasValue()],
  ['optional<T>.value(): T', (of: Optional) => of.value()],
  ['optional<T>.or(optional<T>): optional<T>', (a: Optional, b: Optional) => (a.hasValue() ? a : b)],
  ['optional<T>.orValue(T): T', (a: Optional, b: unknown) => (a.hasValue() ? a.value() : b)],
]
