/**
 * CertificateSigningRequests of v1beta1. Models pkg/apis/certificates/v1beta1/defaults.go. Not modelled: the signer that
 * the subject of a kubelet's request stands for.
 */
import { changed, changedItems } from './conversion.ts'
import type { Conversion, Plain } from './conversion.ts'

const DEFAULTS: Plain = {
  signerName: 'kubernetes.io/legacy-unknown',
  usages: ['digital signature', 'key encipherment'],
}

export const certificateSigningRequest: Conversion = {
  toHub: (object) =>
    changed(
      changed(object, 'spec', (spec) => ({ ...DEFAULTS, ...spec })),
      'status',
      (status) => changedItems(status, 'conditions', (condition) => ({ status: 'True', ...condition })),
    ),
  fromHub: (object) => object,
}
