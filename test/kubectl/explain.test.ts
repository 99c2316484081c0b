/** How kubectl explain breaks lines and walks schemas (K4). */
import { describe, expect, it } from 'vitest'
import { olderPlaintext } from '../../engine/tools/kubectl/explain/openapi-v2.ts'
import { plaintext } from '../../engine/tools/kubectl/explain/plaintext.ts'
import type { Schemas } from '../../engine/tools/kubectl/explain/schema.ts'
import { fillLines, wordWrap } from '../../engine/tools/kubectl/explain/wrap.ts'

const SCHEMAS: Schemas = {
  'a.v1.Gadget': {
    description: 'A gadget.',
    type: 'object',
    required: ['spec'],
    properties: { spec: { description: 'What is wanted.', allOf: [{ $ref: '#/components/schemas/a.v1.Spec' }] } },
  },
  'a.v1.Spec': {
    type: 'object',
    properties: {
      mode: { type: 'string', enum: ['', 'B', 'C', 'D', 'E'] },
      parts: { type: 'array', items: { $ref: '#/components/schemas/a.v1.Spec' } },
      sizes: { type: 'object', additionalProperties: { type: 'integer' } },
    },
  },
}
const ROOT = SCHEMAS['a.v1.Gadget']!
const TYPE = { group: 'a', version: 'v1', kind: 'Gadget', resource: 'gadgets' } as Parameters<typeof olderPlaintext>[1]

describe('lines', () => {
  it('break at spaces and keep those within', () => {
    expect(wordWrap('one two  three', 9)).toBe('one two\nthree')
    expect(wordWrap(' - `"A"` text that\nstays', 12)).toBe(' - `"A"`\ntext that\nstays')
    expect(wordWrap('averyveryverylongword x', 5)).toBe('averyveryverylongword\nx')
  })

  it('are filled, but lists, code and empty lines are kept', () => {
    expect(fillLines('one\ntwo:\nthree\n\n- four\n    code  here', 40)).toEqual([
      'one two:',
      'three',
      '',
      '- four',
      '    code  here',
    ])
  })
})

describe('plaintext', () => {
  const options = { recursive: false, enums: true }

  it('lists fields with their types and the first four of their values', () => {
    expect(plaintext(SCHEMAS, ROOT, ['spec'], options)).toBe(
      'FIELD: spec <Spec>\n\n\nDESCRIPTION:\n    What is wanted.\n    \nFIELDS:\n' +
        '  mode\t<string>\n  enum: "", B, C, D, ....\n    <no description>\n\n' +
        '  parts\t<[]Spec>\n    <no description>\n\n  sizes\t<map[string]integer>\n    <no description>\n\n\n',
    )
  })

  it('opens a type within itself only once', () => {
    expect(plaintext(SCHEMAS, ROOT, [], { recursive: true, enums: false })).toBe(
      'DESCRIPTION:\n    A gadget.\n    \nFIELDS:\n  spec\t<Spec> -required-\n    mode\t<string>\n    parts\t<[]Spec>\n    sizes\t<map[string]integer>\n\n',
    )
  })

  it('knows where a path leads nowhere', () => {
    expect(plaintext(SCHEMAS, ROOT, ['spec', 'nope'], options)).toBeUndefined()
  })
})

describe('plaintext-openapiv2', () => {
  it('calls all structures Object', () => {
    expect(olderPlaintext(SCHEMAS, TYPE, ROOT, ['spec', 'parts'], false)).toBe(
      'KIND:     Gadget\nVERSION:  a/v1\n\nRESOURCE: parts <[]Object>\n\nDESCRIPTION:\n     <empty>\n\nFIELDS:\n' +
        '   mode\t<string>\n\n   parts\t<[]Object>\n\n   sizes\t<map[string]integer>\n\n',
    )
  })
})
