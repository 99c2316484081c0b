/** Webhook configurations of v1beta1, which let more be left out. Models pkg/apis/admissionregistration/v1beta1/defaults.go. */
import { asPlain, changedItems } from './conversion.ts'
import type { Conversion, Plain } from './conversion.ts'

const DEFAULTS: Plain = {
  failurePolicy: 'Ignore',
  matchPolicy: 'Exact',
  namespaceSelector: {},
  objectSelector: {},
  sideEffects: 'Unknown',
  timeoutSeconds: 30,
  admissionReviewVersions: ['v1beta1'],
}

const rule = (one: Plain): Plain => ({ scope: '*', ...one })

const webhook =
  (more: Plain) =>
  (one: Plain): Plain => {
    const service = asPlain(asPlain(one.clientConfig).service)
    const clientConfig = {
      ...asPlain(one.clientConfig),
      ...('name' in service && { service: { port: 443, ...service } }),
    }
    return changedItems({ ...DEFAULTS, ...more, ...one, clientConfig }, 'rules', rule)
  }

const conversion = (more: Plain): Conversion => ({
  toHub: (object) => changedItems(object, 'webhooks', webhook(more)),
  fromHub: (object) => object,
})

export const validatingWebhooks = conversion({})
export const mutatingWebhooks = conversion({ reinvocationPolicy: 'Never' })
