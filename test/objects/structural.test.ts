/** Custom resources held to their schema: texts, defaults, pruning, rules (U9). */
import { describe, expect, it } from 'vitest'
import { withDefaults, withoutForeignNulls } from '../../engine/objects/structural/defaulting.ts'
import { comesBefore, compileVersions } from '../../engine/objects/structural/index.ts'
import { findAll, parseJsonPath } from '../../engine/objects/structural/json-path.ts'
import { prune } from '../../engine/objects/structural/pruning.ts'
import type { JsonSchema } from '../../engine/objects/structural/schema.ts'
import { schemaProblems } from '../../engine/objects/structural/structural.ts'
import { compileValidator } from '../../engine/objects/structural/validate.ts'
import type { CustomResourceDefinition } from '../../engine/objects/types.gen.ts'
import { makeFieldError } from '../../engine/objects/validation/index.ts'

const inSpec = (spec: JsonSchema): JsonSchema => ({ type: 'object', properties: { spec } })

const errorsOf = (spec: JsonSchema, value: unknown, old?: unknown, minor = 35): string[] =>
  compileValidator(inSpec(spec), minor)({ spec: value }, old === undefined ? undefined : { spec: old }).map(
    makeFieldError,
  )

describe('values against a schema', () => {
  const cases: [string, JsonSchema, unknown, string[]][] = [
    ['type', { type: 'integer' }, 'two', ['spec: Invalid value: "string": spec in body must be of type integer: "string"']],
    ['a number where an integer is wanted', { type: 'integer' }, 1.5, ['spec: Invalid value: "number": spec in body must be of type integer: "number"']],
    ['an integer where a number is wanted', { type: 'number' }, 1, []],
    ['null', { type: 'string' }, null, ['spec: Invalid value: "null": spec in body must be of type string: "null"']],
    ['a null that may be', { type: 'string', nullable: true }, null, []],
    ['int or string', { 'x-kubernetes-int-or-string': true }, true, ['spec: Invalid value: "boolean": spec in body must be of type integer,string: "boolean"']],
    ['maximum', { type: 'integer', maximum: 10 }, 11, ['spec: Invalid value: 11: spec in body should be less than or equal to 10']],
    ['exclusive maximum', { type: 'integer', maximum: 10, exclusiveMaximum: true }, 10, ['spec: Invalid value: 10: spec in body should be less than 10']],
    ['minimum', { type: 'integer', minimum: 1 }, 0, ['spec: Invalid value: 0: spec in body should be greater than or equal to 1']],
    ['multiple', { type: 'number', multipleOf: 0.5 }, 0.7, ['spec: Invalid value: 0.7: spec in body should be a multiple of 0.5']],
    ['minLength', { type: 'string', minLength: 2 }, 'a', ['spec: Invalid value: "a": spec in body should be at least 2 chars long']],
    ['maxLength', { type: 'string', maxLength: 2 }, 'abc', ['spec: Too long: may not be more than 2 bytes']],
    ['pattern', { type: 'string', pattern: '^a' }, 'b', ["spec: Invalid value: \"b\": spec in body should match '^a'"]],
    ['enum', { type: 'string', enum: ['a', 'b'] }, 'c', ['spec: Unsupported value: "c": supported values: "a", "b"']],
    ['minItems', { type: 'array', minItems: 1, items: { type: 'string' } }, [], ['spec: Invalid value: 0: spec in body should have at least 1 items']],
    ['maxItems', { type: 'array', maxItems: 1, items: { type: 'string' } }, ['a', 'b'], ['spec: Too many: 2: must have at most 1 items']],
    ['an item', { type: 'array', items: { type: 'string' } }, ['a', 1], ['spec[1]: Invalid value: "integer": spec[1] in body must be of type string: "integer"']],
    ['minProperties', { type: 'object', minProperties: 1 }, {}, ['spec: Invalid value: 0: spec in body should have at least 1 properties']],
    ['maxProperties', { type: 'object', maxProperties: 1 }, { a: 1, b: 2 }, ['spec: Too many: 2: must have at most 1 items']],
    ['required', { type: 'object', required: ['a'] }, {}, ['spec.a: Required value']],
    ['a required field with a default', { type: 'object', required: ['a'], properties: { a: { type: 'string', default: 'x' } } }, {}, []],
    ['values of a map', { type: 'object', additionalProperties: { type: 'string' } }, { k: 1 }, ['spec.k: Invalid value: "integer": spec.k in body must be of type string: "integer"']],
    ['format', { type: 'string', format: 'date' }, '2026-02-30', ['spec: Invalid value: "2026-02-30": spec in body must be of type date: "2026-02-30"']],
    ['an unknown format', { type: 'string', format: 'color-of-the-sky' }, 'x', []],
    ['anyOf', { type: 'object', anyOf: [{ required: ['a'] }, { required: ['b'] }] }, {}, ['<nil>: Invalid value: "": "spec" must validate at least one schema (anyOf)', 'spec.a: Required value']],
    ['oneOf, none', { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }] }, {}, ['<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid', 'spec.a: Required value']],
    ['oneOf, two', { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }] }, { a: 1, b: 1 }, ['<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives']],
    ['allOf', { type: 'string', allOf: [{ minLength: 2 }, { maxLength: 5 }] }, 'a', ['spec: Invalid value: "a": spec in body should be at least 2 chars long', '<nil>: Invalid value: "": "spec" must validate all the schemas (allOf)']],
    ['not', { type: 'string', not: { enum: ['a'] } }, 'a', ['<nil>: Invalid value: "": "spec" must not validate the schema (not)']],
    ['type and enum at once', { type: 'string', enum: ['a'] }, 5, ['spec: Invalid value: "integer": spec in body must be of type string: "integer"', 'spec: Unsupported value: 5: supported values: "a"']],
  ] // prettier-ignore
  it.each(cases)('%s', (_, schema, value, wanted) => expect(errorsOf(schema, value)).toEqual(wanted))

  it('tells the length as older releases did', () =>
    expect(errorsOf({ type: 'string', maxLength: 2 }, 'abc', undefined, 30)).toEqual([
      'spec: Too long: may not be longer than 2',
    ]))

  it('does not hold an update to what it left alone, from 1.30 on', () => {
    const schema: JsonSchema = {
      type: 'object',
      properties: { a: { type: 'integer', maximum: 1 }, b: { type: 'string' } },
    }
    expect(errorsOf(schema, { a: 9, b: 'new' }, { a: 9, b: 'old' })).toEqual([])
    expect(errorsOf(schema, { a: 9, b: 'new' }, { a: 9, b: 'old' }, 28)).toHaveLength(1)
    expect(errorsOf(schema, { a: 8, b: 'new' }, { a: 9, b: 'old' })).toHaveLength(1)
  })
})

describe('defaults', () => {
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      a: { type: 'integer', default: 1 },
      b: { type: 'object', default: {}, properties: { c: { type: 'string', default: 'x' } } },
      list: { type: 'array', items: { type: 'object', properties: { d: { type: 'boolean', default: true } } } },
      map: { type: 'object', additionalProperties: { type: 'string', default: 'm' } },
      n: { type: 'string', nullable: true, default: 'never' },
    },
  }
  it('fill what is missing, also below a default', () =>
    expect(withDefaults(schema, {})).toEqual({ a: 1, b: { c: 'x' }, n: 'never' }))
  it('fill items and values of maps', () =>
    expect(withDefaults(schema, { a: 2, b: {}, list: [{}], map: { k: null }, n: null })).toEqual({
      a: 2,
      b: { c: 'x' },
      list: [{ d: true }],
      map: { k: 'm' },
      n: null,
    }))
  it('leave a whole object as it is', () => {
    const whole = { a: 1, b: { c: 'y' }, n: 'z' }
    expect(withDefaults(schema, whole)).toBe(whole)
  })
  it('take the place of misplaced nulls; other misplaced nulls go', () => {
    const plain: JsonSchema = {
      type: 'object',
      properties: { x: { type: 'string' }, a: { type: 'integer', default: 1 } },
    }
    expect(withDefaults(plain, withoutForeignNulls(plain, { x: null, a: null }))).toEqual({ a: 1 })
  })
})

describe('pruning', () => {
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          known: { type: 'string' },
          open: {
            type: 'object',
            'x-kubernetes-preserve-unknown-fields': true,
            properties: { shut: { type: 'object' } },
          },
          list: { type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } },
          pod: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } },
        },
      },
    },
  }
  it('takes unknown fields and names them in order', () => {
    const object = {
      apiVersion: 'a/v1',
      kind: 'K',
      metadata: { name: 'x' },
      spec: {
        known: 'k',
        z: 1,
        list: [{ a: 'a', b: 1 }],
        open: { any: 1, shut: { in: 1 } },
        pod: { kind: 'Pod', metadata: {}, x: 1 },
      },
      more: 1,
    }
    expect(prune(schema, object)).toEqual({
      object: {
        apiVersion: 'a/v1',
        kind: 'K',
        metadata: { name: 'x' },
        spec: { known: 'k', list: [{ a: 'a' }], open: { any: 1, shut: {} }, pod: { kind: 'Pod', metadata: {} } },
      },
      unknown: ['more', 'spec.list[0].b', 'spec.open.shut.in', 'spec.pod.x', 'spec.z'].map(
        (path) => `unknown field "${path}"`,
      ),
    })
  })
})

const definition = (spec: JsonSchema, more: object = {}): CustomResourceDefinition =>
  ({
    metadata: { name: 'ws.a.io' },
    spec: {
      group: 'a.io',
      scope: 'Namespaced',
      names: { plural: 'ws', kind: 'W' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: inSpec(spec) }, ...more }],
    },
  }) as unknown as CustomResourceDefinition

function validate(spec: JsonSchema, value: unknown, old?: unknown, minor = 35): string[] {
  const version = compileVersions(definition(spec), minor).get('v1')
  const object = { metadata: { name: 'w' }, spec: value }
  return (version?.validate(object, old === undefined ? undefined : { metadata: { name: 'w' }, spec: old }) ?? []).map(
    makeFieldError,
  )
}

describe('rules in CEL', () => {
  const ordered: JsonSchema = {
    type: 'object',
    properties: { min: { type: 'integer' }, max: { type: 'integer' } },
    'x-kubernetes-validations': [{ rule: 'self.min <= self.max', message: 'min over max' }],
  }
  const grows: JsonSchema = {
    type: 'integer',
    'x-kubernetes-validations': [{ rule: 'self >= oldSelf', messageExpression: '"below " + string(oldSelf)' }],
  }
  it('tell the message; the type stood in the place of the value before 1.34', () => {
    expect(validate(ordered, { min: 2, max: 1 })).toEqual(['spec: Invalid value: min over max'])
    expect(validate(ordered, { min: 2, max: 1 }, undefined, 33)).toEqual([
      'spec: Invalid value: "object": min over max',
    ])
    expect(validate(ordered, { min: 1, max: 1 })).toEqual([])
  })
  it('about a change run on updates only, and may make their own message', () => {
    expect(validate(grows, 1)).toEqual([])
    expect(validate(grows, 1, 2)).toEqual(['spec: Invalid value: 1: below 2'])
  })
  it('may ask for the old value in an optional', () => {
    const rule = { rule: 'oldSelf.hasValue() || self == "first"', optionalOldSelf: true }
    const schema: JsonSchema = { type: 'string', 'x-kubernetes-validations': [rule] }
    expect(validate(schema, 'first')).toEqual([])
    expect(validate(schema, 'other')).toEqual([`spec: Invalid value: "other": failed rule: ${rule.rule}`])
    expect(validate(schema, 'other', 'first')).toEqual([])
  })
  it('may say which kind of error, and where', () => {
    const schema: JsonSchema = {
      type: 'object',
      properties: { a: { type: 'string' } },
      'x-kubernetes-validations': [
        { rule: 'has(self.a)', message: 'say a', reason: 'FieldValueRequired', fieldPath: '.a' },
      ],
    }
    expect(validate(schema, {})).toEqual(['spec.a: Required value: say a'])
  })
  it('wait until the object is valid otherwise', () =>
    expect(validate(ordered, { min: 'x', max: 1 })).toEqual([
      'spec.min: Invalid value: "string": spec.min in body must be of type integer: "string"',
      '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
    ]))
  it('see items of a map list with the item that they were', () => {
    const schema: JsonSchema = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['n'],
      items: { type: 'object', required: ['n'], properties: { n: { type: 'string' }, v: grows } },
    }
    expect(
      validate(
        schema,
        [
          { n: 'b', v: 1 },
          { n: 'a', v: 5 },
        ],
        [
          { n: 'a', v: 4 },
          { n: 'b', v: 2 },
        ],
      ),
    ).toEqual(['spec[0].v: Invalid value: 1: below 2'])
  })
  it('fail in the words of cel-go', () => {
    const schema: JsonSchema = {
      type: 'object',
      properties: { a: { type: 'string' } },
      'x-kubernetes-validations': [{ rule: 'self.a == "x"' }],
    }
    expect(validate(schema, {}, undefined, 33)).toEqual([
      'spec: Invalid value: "object": no such key: a evaluating rule: self.a == "x"',
    ])
  })
})

describe('lists', () => {
  it('hold nothing twice when they are sets or maps', () => {
    const items: JsonSchema = {
      type: 'object',
      required: ['k'],
      properties: { k: { type: 'integer' }, p: { type: 'string', default: 'TCP' } },
    }
    const map: JsonSchema = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k', 'p'],
      items,
    }
    expect(validate(map, [{ k: 1 }, { k: 1, p: 'UDP' }, { k: 1, p: 'TCP' }])).toEqual([
      'spec[2]: Duplicate value: {"k":1,"p":"TCP"}',
    ])
    expect(
      validate({ type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } }, ['a', 'a', 'a']),
    ).toEqual(['spec[1]: Duplicate value: "a"'])
  })
})

describe('a schema itself', () => {
  const P = 'p.properties[spec]'
  const cases: [string, JsonSchema, string[]][] = [
    ['needs types', {}, [`${P}.type: Required value: must not be empty for specified object fields`]],
    ['needs items', { type: 'array' }, [`${P}.items: Required value: must be specified`]],
    ['knows six types', { type: 'int' }, [`${P}.type: Unsupported value: "int": supported values: "array", "boolean", "integer", "number", "object", "string"`]],
    ['has no references', { type: 'object', $ref: '#/x' }, [`${P}.$ref: Forbidden: $ref is not supported`]],
    ['has no unique items', { type: 'array', uniqueItems: true, items: { type: 'string' } }, [`${P}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`]],
    ['has properties or values', { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'string' } }, [`${P}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`]],
    ['narrows only', { type: 'string', anyOf: [{ type: 'string', minLength: 1 }] }, [`${P}.anyOf[0].type: Forbidden: must be empty to be structural`]],
    ['narrows what is there', { type: 'object', oneOf: [{ properties: { a: { minLength: 1 } } }] }, [`${P}.properties[a]: Required value: because it is defined in ${P}.oneOf[0].properties[a]`]],
    ['spells out int or string', { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }, []],
    ['has keys of map lists', { type: 'array', 'x-kubernetes-list-type': 'map', items: { type: 'object' } }, [`${P}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`]],
    ['has patterns of Go', { type: 'string', pattern: '(?=a)' }, [`${P}.pattern: Invalid value: "(?=a)": must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: \`(?=\``]],
  ] // prettier-ignore
  it.each(cases)('%s', (_, schema, wanted) =>
    expect(schemaProblems(inSpec(schema), 'p', 35).map(makeFieldError)).toEqual(wanted),
  )

  it('has rules that compile', () => {
    const schema: JsonSchema = {
      type: 'object',
      properties: { a: { type: 'string' } },
      'x-kubernetes-validations': [{ rule: 'self.b == 1' }],
    }
    const [error] = schemaProblems(inSpec(schema), 'p', 35).map(makeFieldError)
    expect(error).toMatch(
      /^p\.properties\[spec\]\.x-kubernetes-validations\[0\]\.rule: Invalid value: \{"Rule":"self\.b == 1".*\}: compilation failed: ERROR: <input>:1:5: undefined field 'b'/,
    )
  })
})

describe('columns', () => {
  it('come from the definition, with a name before and an age without any', () => {
    const columns = [
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Since', type: 'date', jsonPath: '.spec.since' },
      { name: 'Size', type: 'integer', jsonPath: '.spec.size', priority: 1 },
    ]
    const { table } = compileVersions(definition({ type: 'object' }, { additionalPrinterColumns: columns }), 35).get('v1') as never as { table: { columns: { name: string; priority: number }[]; row: (object: object, now: number) => unknown[] } } // prettier-ignore
    expect(table.columns.map(({ name, priority }) => [name, priority])).toEqual([['Name', 0], ['Ready', 0], ['Since', 0], ['Size', 1]]) // prettier-ignore
    const object = {
      metadata: { name: 'w' },
      spec: { since: '2026-01-01T00:00:00Z' },
      status: {
        conditions: [
          { type: 'Other', status: 'x' },
          { type: 'Ready', status: 'True' },
        ],
      },
    }
    expect(table.row(object, Date.UTC(2026, 0, 1, 0, 2))).toEqual(['w', 'True', '2m', null])
  })
})

describe('JSONPath', () => {
  const data = {
    a: {
      'b.c': [1, 2, 3],
      d: [
        { k: 'x', v: 1 },
        { k: 'y', v: 2 },
      ],
    },
  }
  it.each([
    ['.a.b\\.c[1]', [2]],
    [".a['b.c'][-1]", [3]],
    ['.a.d[*].v', [1, 2]],
    ['.a.d[?(@.k=="y")].v', [2]],
    ['.a.d[?(@.v>=2)].k', ['y']],
    ['.a.d[0:1].k', ['x']],
    ['.nope', []],
  ])('%s', (path, wanted) => expect(findAll(parseJsonPath(path), data)).toEqual(wanted))
})

it('versions are ordered from the most stable one', () =>
  expect(['foo', 'v1alpha1', 'v2', 'v1beta2', 'v10', 'v1beta10'].sort((a, b) => (comesBefore(a, b) ? -1 : 1))).toEqual([
    'v10',
    'v2',
    'v1beta10',
    'v1beta2',
    'v1alpha1',
    'foo',
  ]))
