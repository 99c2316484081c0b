import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addQuantity,
  canonicalQuantity,
  compareQuantity,
  makeQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityValue,
  subQuantity,
} from '../../engine/objects/quantity.ts'

describe('quantity', () => {
  it.each([
    ['0', '0'],
    ['1000m', '1'],
    ['100m', '100m'],
    ['1.5', '1500m'],
    ['.5', '500m'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1000Ki', '1000Ki'],
    ['0.5Mi', '512Ki'],
    ['0.1Ki', '102400m'],
    ['100e3', '100e3'],
    ['1e-3', '1e-3'],
    ['1500000k', '1500M'],
    ['0.0001n', '1n'],
    ['-1.5', '-1500m'],
    ['100E', '100E'],
    ['1000E', '1000E'],
    ['512', '512'],
  ])('%s is stored as %s', (text, canonical) => expect(canonicalQuantity(text)).toBe(canonical))

  it.each(['', 'abc', '1Q', '1.5.5', '1 Gi'])('%j is no quantity', (text) =>
    expect(() => parseQuantity(text)).toThrow(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ),
  )

  it('tells a wrong suffix from a missing number', () => {
    expect(() => parseQuantity('1mi')).toThrow("unable to parse quantity's suffix")
    expect(() => parseQuantity('Mi')).toThrow('unable to parse numeric part of quantity')
  })

  it('rounds up to whole units and to thousandths', () => {
    expect([quantityValue('1.1'), quantityValue('-1.5'), quantityValue('1Ki')]).toEqual([2, -2, 1024])
    expect([quantityMilliValue('1n'), quantityMilliValue('250m'), quantityMilliValue('2')]).toEqual([1, 250, 2000])
  })

  it('keeps the format of the left side in sums', () => {
    expect(makeQuantity(addQuantity('1Gi', '1G'))).toBe('2073741824')
    expect(makeQuantity(addQuantity('0', '1Gi'))).toBe('1Gi')
    expect(makeQuantity(subQuantity('1', '100m'))).toBe('900m')
  })

  const suffix = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'e-3')
  const text = fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), suffix).map(([number, unit]) => `${number}${unit}`)

  it('law: the canonical text reads back as the same amount and is its own canonical text', () =>
    fc.assert(
      fc.property(text, (one) => {
        const canonical = canonicalQuantity(one)
        expect(compareQuantity(canonical, one)).toBe(0)
        expect(canonicalQuantity(canonical)).toBe(canonical)
      }),
    ))

  it('law: what is added can be taken away', () =>
    fc.assert(fc.property(text, text, (a, b) => compareQuantity(subQuantity(addQuantity(a, b), b), a) === 0)))
})
