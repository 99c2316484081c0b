/** Pieces that steps, checks and the scenario itself are made of. */
import { anything, describe, fields, integer, mapping, optional, text } from './schema.ts'
import type { Infer, Schema } from './schema.ts'

export const LANGUAGES = ['en', 'ko'] as const
export type Language = (typeof LANGUAGES)[number]

/** A text in every language of the trainer. */
export type Localized = Record<Language, string>

export function localized(description: string): Schema<Localized> {
  return fields({ en: text('In English.'), ko: text('한국어로.') }, description)
}

export const hostName = text(
  'A host: base, controlplane (lb, controlplane-1 … -3 with three), worker-1, worker-2 …, a bare one.',
)
const kind = text('A kind as kubectl takes it: Deployment, deploy, deployments.apps.')
const namespace = text('The namespace; `default` when left out.')

/** One object by its name. */
export const objectName = { kind, name: text('The name of the object.'), namespace: optional(namespace) }
export const oneObject = fields(objectName, 'One object.')
export type OneObject = Infer<typeof oneObject>

/** Objects by kind and selectors. */
export const objectSelection = {
  kind,
  namespace: optional(text('The namespace; all namespaces when left out.')),
  selector: optional(text('A label selector: `app=web,tier!=db`.')),
  fieldSelector: optional(text('A field selector: `spec.nodeName=worker-1`.')),
}

const fromHost = { host: optional(hostName), user: optional(text('Who runs it on the host; root when left out.')) }
const fromPod = {
  pod: optional(text('The name of a pod.')),
  selector: optional(text('A label selector; the first running pod by name is taken.')),
  namespace: optional(namespace),
  container: optional(text('The container; the first when left out.')),
}

/** Where a command runs or a connection starts: a host, a pod, or a pod found by its labels. */
export const vantage: Schema<Infer<typeof vantageFields>> = {
  json: {
    ...fields({ ...fromHost, ...fromPod }, 'A host, a pod by name, or a pod by selector.').json,
    oneOf: [{ required: ['host'] }, { required: ['pod'] }, { required: ['selector'] }],
  },
}
const vantageFields = fields({ ...fromHost, ...fromPod })
export type VantageText = Infer<typeof vantageFields>

/** A number, or bounds of one. */
export type Comparison = number | { atLeast?: number; atMost?: number }

const bounds = fields({
  atLeast: optional(integer('At least so many.')),
  atMost: optional(integer('At most so many.')),
})

export function comparison(description: string): Schema<Comparison> {
  return {
    json: {
      description,
      anyOf: [{ type: 'integer', minimum: 0 }, bounds.json, { type: 'string', pattern: '^\\{\\{.*\\}\\}$' }],
    },
  }
}

export const match = describe(
  mapping(''),
  'A part of the object, as it must be. Fields that are not named are free. Lists match by key (`type=Ready: …`) or `contains`, never by index. A value may be a comparison: atLeast, atMost, oneOf, isNot, like (a regular expression), absent.',
)
export const matchValue = anything('A value to match, with the same forms as `match`.')

/** How a text must be: exactly, with a part, by a regular expression. */
export type TextMatch = string | { contains?: string; like?: string; isNot?: string }
const textForms = fields({
  contains: optional(text('A part of the text.')),
  like: optional(text('A regular expression that some part of the text matches.')),
  isNot: optional(text('A text that it must not be.')),
})
export function textMatch(description: string): Schema<TextMatch> {
  return { json: { description, anyOf: [{ type: 'string' }, textForms.json] } }
}
