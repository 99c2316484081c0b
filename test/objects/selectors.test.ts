import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  makeFieldSelector,
  makeLabelSelector,
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  selectorFromObject,
} from '../../engine/objects/selectors.ts'

describe('label selectors', () => {
  it.each([
    ['x=a,y=b,z=c', 'x=a,y=b,z=c'],
    ['x!=a,y=b', 'x!=a,y=b'],
    ['x= ,z= ', 'x=,z='],
    ['b==1,a', 'a,b==1'],
    ['x in (b,a), y notin (c),!z', 'x in (a,b),y notin (c),!z'],
    ['x in (,a)', 'x in (,a)'],
    ['x>1,z<5', 'x>1,z<5'],
    ['in in (in,notin)', 'in in (in,notin)'],
    ['', ''],
  ])('%s', (text, made) => expect(makeLabelSelector(parseLabelSelector(text))).toBe(made))

  it.each([
    ['a in', "unable to parse requirement: found '' expected: '('"],
    ['!a=b', "found '=', expected: ',' or 'end of string'"],
    [',a', "found ',', expected: !, identifier, or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['x==a==b', "found '==', expected: ',' or 'end of string'"],
  ])('%s is refused', (text, message) => expect(() => parseLabelSelector(text)).toThrow(message))

  it('checks keys and values', () => {
    expect(() => parseLabelSelector('a=_x')).toThrow(
      'unable to parse requirement: values[0][a]: Invalid value: "_x": a valid label',
    )
    expect(() => parseLabelSelector('x<a')).toThrow("for 'Gt', 'Lt' operators, the value must be an integer")
    expect(() => parseLabelSelector('-a=b')).toThrow('<nil>: Invalid value: "-a": name part must consist of')
  })

  it.each([
    ['a=1', { a: '1' }, true],
    ['a!=1', {}, true],
    ['a notin (1)', { a: '1' }, false],
    ['a', { a: '' }, true],
    ['!a', { b: '' }, true],
    ['a>3', { a: '4' }, true],
    ['a>3', { a: 'x' }, false],
    ['a in (1,2)', { a: '2' }, true],
    ['', undefined, true],
    ['toString', {}, false],
  ])('%s on %j: %s', (text, labels, matches) =>
    expect(matchesLabels(parseLabelSelector(text), labels as Record<string, string> | undefined)).toBe(matches),
  )

  it('an absent selector object selects nothing, an empty one everything', () => {
    expect(matchesLabels(selectorFromObject(undefined), { a: 'b' })).toBe(false)
    expect(matchesLabels(selectorFromObject({}), { a: 'b' })).toBe(true)
    const both = { matchLabels: { b: '1' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['y', 'x'] }] }
    expect(makeLabelSelector(selectorFromObject(both))).toBe('a in (x,y),b=1')
    expect(() => selectorFromObject({ matchExpressions: [{ key: 'a', operator: 'Near' }] })).toThrow(
      '"Near" is not a valid label selector operator',
    )
  })

  const key = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/)
  const requirement = fc.oneof(
    key,
    key.map((name) => `!${name}`),
    fc.tuple(key, fc.constantFrom('=', '==', '!='), key).map((parts) => parts.join('')),
    fc
      .tuple(key, fc.constantFrom(' in ', ' notin '), fc.uniqueArray(key, { minLength: 1 }))
      .map(([k, op, v]) => `${k}${op}(${v.join(',')})`),
  )

  it('law: parse and make are inverse', () =>
    fc.assert(
      fc.property(fc.array(requirement), (parts) => {
        const selector = parseLabelSelector(parts.join(','))
        expect(parseLabelSelector(makeLabelSelector(selector))).toEqual(selector)
      }),
    ))
})

describe('field selectors', () => {
  it('reads operators and escapes', () => {
    const selector = parseFieldSelector('spec.nodeName==n1,status.phase!=a\\,b')
    expect(selector).toEqual([
      { field: 'spec.nodeName', op: '=', value: 'n1' },
      { field: 'status.phase', op: '!=', value: 'a,b' },
    ])
    expect(makeFieldSelector(selector)).toBe('spec.nodeName=n1,status.phase!=a\\,b')
    expect(matchesFields(selector, (field) => (field === 'spec.nodeName' ? 'n1' : ''))).toBe(true)
  })

  it("refuses in upstream's words", () => {
    expect(() => parseFieldSelector('a')).toThrow("invalid selector: 'a'; can't understand 'a'")
    expect(() => parseFieldSelector('a=b=c')).toThrow('invalid field selector: unescaped character in value: =')
    expect(() => parseFieldSelector('a=\\x')).toThrow('invalid field selector: invalid escape sequence: \\x')
  })

  it('law: any value survives', () =>
    fc.assert(
      fc.property(fc.string(), (value) => {
        const selector = [{ field: 'metadata.name', op: '=' as const, value }]
        expect(parseFieldSelector(makeFieldSelector(selector))).toEqual(selector)
      }),
    ))
})
