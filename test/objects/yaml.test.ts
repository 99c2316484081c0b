import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeCompactJson, makeJson, makeYaml, parseYaml, parseYamlDocuments } from '../../engine/objects/yaml.ts'

describe('makeYaml', () => {
  it.each([
    ['true', '"true"'],
    ['1', '"1"'],
    ['', '""'],
    ['2026-01-01T00:00:00Z', '"2026-01-01T00:00:00Z"'],
    ['0x1f', '"0x1f"'],
    ['1e3', '"1e3"'],
    ['y', '"y"'],
    ['~', '"~"'],
    ['1:30', '"1:30"'],
    ['8080:80', '8080:80'],
    ['25%', '25%'],
    ["it's", "it's"],
    ['a: b', "'a: b'"],
    ['#x', "'#x'"],
    ['*', "'*'"],
    [' x', "' x'"],
    ['a\tb', '"a\\tb"'],
    ['x \ny', '"x \\ny"'],
  ])('prints %j as %s', (value, text) => expect(makeYaml({ a: value })).toBe(`a: ${text}\n`))

  it('sorts keys with numbers by value, and does not indent lists', () =>
    expect(makeYaml({ 'l-10': [1, { b: null, a: {} }], 'l-2': [[1, 2]], e: [], t: 'a\nb\n', u: 'a\nb' })).toBe(
      'e: []\nl-2:\n- - 1\n  - 2\nl-10:\n- 1\n- a: {}\n  b: null\nt: |\n  a\n  b\nu: |-\n  a\n  b\n',
    ))

  const text = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[ -~\n\t]*$/),
    fc.constantFrom('yes', 'null', '012', '-', '---', '? a', ': ', ' \n ', '\n'),
  )
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(text, tie('any'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).any

  it('law: what is printed reads back', () =>
    fc.assert(
      fc.property(value, (one) => {
        expect(parseYaml(makeYaml(one))).toEqual(one)
      }),
      { numRuns: 500 },
    ))
})

describe('parseYamlDocuments', () => {
  it('follows YAML 1.1', () =>
    expect(
      parseYamlDocuments(
        'a: yes\nb: 010\nc: 2020-01-01\nd: "1"\ne: 1_000\na: off\n---\n# nothing\n---\n- &x {k: v}\n- *x\n- {<<: *x, z: 1}\n',
      ),
    ).toEqual([{ a: false, b: 8, c: '2020-01-01', d: '1', e: 1000 }, [{ k: 'v' }, { k: 'v' }, { k: 'v', z: 1 }]]))

  it.each([
    ['apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n spec: {}\n', 'line 4: did not find expected key'],
    ['apiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n', 'line 4: found character that cannot start any token'],
    ['not yaml: [\n', 'line 1: did not find expected node content'],
    ['a: b: c\n', 'mapping values are not allowed in this context'],
    ['a:\n  b: 1\n   c: 2\n', 'line 3: mapping values are not allowed in this context'],
    ['a: 1\nb\nc: 2\n', "line 3: could not find expected ':'"],
    ['a:\n  - b\n  c: d\n', "line 2: did not find expected '-' indicator"],
    ['a: *b\n', "unknown anchor 'b' referenced"],
  ])('%j', (broken, message) =>
    expect(() => parseYamlDocuments(broken)).toThrow(`error converting YAML to JSON: yaml: ${message}`),
  )
})

describe('makeJson', () => {
  it('prints as Go does', () => {
    expect(makeJson({ b: [], a: { x: '<&>', y: [1] }, c: {} })).toBe(
      '{\n    "a": {\n        "x": "\\u003c\\u0026\\u003e",\n        "y": [\n            1\n        ]\n    },\n    "b": [],\n    "c": {}\n}',
    )
    expect(makeCompactJson({ b: 1, a: [true, null] })).toBe('{"a":[true,null],"b":1}')
  })
})
