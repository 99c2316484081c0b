/**
 * Signs approved requests of the built-in signers with the cluster's authority. Models
 * pkg/controller/certificates/signer (T11). Not modelled: an authority of its own for each signer.
 */
import { timestamp } from '../../objects/meta.ts'
import type { CertificateSigningRequest } from '../../objects/types.gen.ts'
import { draftOf, reorderedByGo, signCertificate, signerOf, toUsages } from '../../pki/index.ts'
import type { Certificate, CertificateRequest, PrivateKey } from '../../pki/index.ts'
import type { Context, Controller, Write } from '../controller.ts'
import {
  hasCondition,
  isApproved,
  kubeletClientProblem,
  kubeletServingProblem,
  requestOf,
  REQUESTS,
} from '../shared/signing-requests.ts'
import { SIGNERS } from '../shared/signing-requests.ts'

type Csr = CertificateSigningRequest

export interface SigningFlags {
  /** --cluster-signing-duration */
  durationMs: number
}

export const SIGNING_FLAGS: SigningFlags = { durationMs: 365 * 86_400_000 }

const BACKDATE_MS = 300_000
/** Lives shorter than this are not cut by the back-dating. */
const SHORT_MS = 8 * 3_600_000
const MIN_MS = 600_000

const CLIENT_USAGES = ['client auth', 'digital signature', 'key encipherment']

/** What a signer refuses a request for. */
const CHECKS: Record<string, (request: CertificateRequest, usages: string[]) => string | undefined> = {
  [SIGNERS.client]: clientProblem,
  [SIGNERS.kubeletClient]: (request, usages) => kubeletClientProblem(request, usages),
  [SIGNERS.kubeletServing]: (request, usages) => kubeletServingProblem(request, usages),
  [SIGNERS.legacyUnknown]: () => undefined,
}

function clientProblem(_request: CertificateRequest, usages: string[]): string | undefined {
  const wrong = usages.find((usage) => !CLIENT_USAGES.includes(usage))
  if (wrong !== undefined) return `invalid usage for client certificate: ${wrong}`
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth'
}

/** `authority` gives the files of --cluster-signing-cert-file and -key-file as they are now. */
export function csrSigningController(
  authority: () => { certificate: Certificate; key: PrivateKey } | undefined,
  flags: SigningFlags = SIGNING_FLAGS,
): Controller {
  return {
    name: 'csrsigning',
    watches: [{ resource: REQUESTS, keys: ({ type, object }) => (type === 'deleted' ? [] : [object.metadata.name]) }],
    reconcile(context, name): Write[] {
      const csr = context.cache<Csr>(REQUESTS).get('', name)
      if (csr === undefined || !isApproved(csr) || hasCondition(csr, 'Failed') || csr.status?.certificate) return []
      const check = CHECKS[csr.spec?.signerName ?? '']
      const signer = authority()
      const request = requestOf(csr)
      if (check === undefined || signer === undefined || request === undefined) return []
      const problem = check(request, csr.spec?.usages ?? [])
      if (problem !== undefined) return [failed(context, csr, problem)]
      const certificate = btoa(issue(context, csr, request, signer, flags))
      return [updateStatus(csr, { ...csr.status, certificate })]
    },
  }
}

function updateStatus(csr: Csr, status: Csr['status']): Write {
  return {
    verb: 'update',
    resource: REQUESTS,
    subresource: 'status',
    name: csr.metadata.name,
    body: { ...csr, status },
  }
}

function failed(context: Context, csr: Csr, message: string): Write {
  const now = timestamp(context.nowMs)
  const condition = {
    type: 'Failed',
    status: 'True',
    reason: 'SignerValidationFailure',
    message,
    lastUpdateTime: now,
    lastTransitionTime: now,
  }
  return updateStatus(csr, { ...csr.status, conditions: [...(csr.status?.conditions ?? []), condition] })
}

/** The wish of the request, within ten minutes and the signer's own duration. */
export function durationOf(expirationSeconds: number | undefined, { durationMs }: SigningFlags): number {
  if (expirationSeconds === undefined) return durationMs
  return Math.min(durationMs, Math.max(MIN_MS, expirationSeconds * 1000))
}

function issue(
  context: Context,
  csr: Csr,
  request: CertificateRequest,
  { certificate, key }: { certificate: Certificate; key: PrivateKey },
  flags: SigningFlags,
): string {
  const signer = signerOf(certificate, key)
  const lifeMs = durationOf(csr.spec?.expirationSeconds, flags)
  const endMs = context.nowMs + (lifeMs < SHORT_MS ? lifeMs : lifeMs - BACKDATE_MS)
  const draft = draftOf(
    {
      serial: serialOf(context),
      subject: reorderedByGo(request.subject),
      notBeforeMs: context.nowMs - BACKDATE_MS,
      notAfterMs: Math.min(endMs, certificate.notAfterMs),
      publicKey: request.publicKey,
      altNames: request.altNames,
      ...toUsages(csr.spec?.usages ?? []),
    },
    signer,
  )
  return signCertificate(draft, signer)
}

/** 128 bits. */
function serialOf({ random }: Context): bigint {
  let serial = 0n
  for (let i = 0; i < 8; i++) serial = (serial << 16n) | BigInt(random.int(65_536))
  return serial
}
