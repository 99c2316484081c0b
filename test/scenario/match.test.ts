/** Partial match: by key or content, never by index; what is not there is not yet, never a crash. */
import { describe, expect, it } from 'vitest'
import { mismatch, show } from '../../engine/scenario/match.ts'

const NODE = {
  status: {
    conditions: [
      { type: 'Ready', status: 'False' },
      { type: 'DiskPressure', status: 'False' },
    ],
    capacity: { cpu: '2', memory: '4Gi' },
  },
}

const MATCHES: [string, unknown, unknown][] = [
  ['fields that are not named are free', { a: 1 }, { a: 1, b: 2 }],
  ['a list element by its key', { conditions: { 'type=Ready': { status: 'False' } } }, NODE.status],
  ['a list by content, in any order', { l: ['b', 'a'] }, { l: ['a', 'b', 'c'] }],
  ['a list by a part of an element', { l: [{ name: 'x' }] }, { l: [{ name: 'y' }, { name: 'x', image: 'i' }] }],
  ['contains on a list and a text', { l: { contains: 'a' }, t: { contains: 'ell' } }, { l: ['a'], t: 'hello' }],
  ['bounds of numbers', { n: { atLeast: 2, atMost: 4 } }, { n: 3 }],
  ['bounds of quantities', { memory: { atLeast: '1000Mi' } }, NODE.status.capacity],
  ['absence, also of what would hold it', { a: { b: { absent: true } } }, {}],
  ['every and none', { l: { every: { s: 1 }, none: { s: 2 } } }, { l: [{ s: 1 }, { s: 1 }] }],
  ['one of several', { x: { oneOf: [true, 'yes'] } }, { x: 'yes' }],
  ['a regular expression', { x: { like: '^web-' } }, { x: 'web-1' }],
  ['a port either way', { port: 80 }, { port: '80' }],
  ['a size', { l: { size: 2 } }, { l: [1, 2] }],
]

const MISSES: [string, unknown, unknown, string, string, string][] = [
  ['another value', { a: { b: 'x' } }, { a: { b: 'y' } }, 'a.b', 'y', 'x'],
  [
    'a keyed element',
    { conditions: { 'type=Ready': { status: 'True' } } },
    NODE.status,
    'conditions[type=Ready].status',
    '"False"',
    '"True"',
  ],
  ['nothing there at all', { a: { b: { c: 1 } } }, {}, 'a.b.c', 'not there', '1'],
  ['a text that is no true', { x: true }, { x: 'true' }, 'x', '"true"', 'true'],
  [
    'a key on a list without a value',
    { l: { name: 'x' } },
    { l: [{ name: 'x' }] },
    'l.name',
    '[{name: x}]',
    'a mapping: on a list write "field=value", contains, every or none',
  ],
  ['too few', { n: { atLeast: 2 } }, { n: 1 }, 'n', '1', 'at least 2'],
  ['an element that must not be', { l: { none: { s: 2 } } }, { l: [{ s: 2 }] }, 'l', '[{s: 2}]', 'none like {s: 2}'],
  ['bounds of what is no number', { n: { atLeast: 2 } }, { n: 'many' }, 'n', 'many', 'at least 2'],
]

describe('a match', () => {
  it.each(MATCHES)('takes %s', (_name, wanted, actual) => expect(mismatch(wanted, actual)).toBeUndefined())
  it.each(MISSES)('names the place: %s', (_name, wanted, actual, path, found, sought) =>
    expect(mismatch(wanted, actual)).toEqual({ path, found, wanted: sought }),
  )
  it.each([undefined, null, 1, 'x', [], {}])('never throws, whatever is there: %j', (actual) => {
    for (const [, wanted] of MATCHES) expect(() => mismatch(wanted, actual)).not.toThrow()
  })
  it('shows values on one line of readable length', () => {
    expect(show({ a: ['x', 'True', 3] })).toBe('{a: [x, "True", 3]}')
    expect(show('x'.repeat(500)).length).toBe(160)
  })
})
