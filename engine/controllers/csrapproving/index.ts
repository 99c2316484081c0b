/**
 * Approves what kubelets ask for themselves, after asking whether the requester may. Models
 * pkg/controller/certificates/approver/sarapprove.go (T11).
 */
import { timestamp } from '../../objects/meta.ts'
import type { CertificateSigningRequest } from '../../objects/types.gen.ts'
import { commonNameOf } from '../../pki/index.ts'
import type { Context, Controller, Write } from '../controller.ts'
import { hasCondition, kubeletClientProblem, requestOf, REQUESTS, SIGNERS } from '../shared/signing-requests.ts'

type Csr = CertificateSigningRequest

const REVIEWS = 'authorization.k8s.io/v1/subjectaccessreviews'

interface Recognizer {
  subresource: string
  message: string
  /** Whether the requester asks for its own name. */
  self: boolean
}

const RECOGNIZERS: Recognizer[] = [
  {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
    self: true,
  },
  {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
    self: false,
  },
]

export const csrApprovingController: Controller = {
  name: 'csrapproving',
  watches: [{ resource: REQUESTS, keys: ({ type, object }) => (type === 'deleted' ? [] : [object.metadata.name]) }],
  reconcile(context, name): Write[] {
    const csr = pending(context, name)
    return csr === undefined ? [] : recognizersOf(csr).map(({ subresource }) => review(csr, subresource))
  },
  settle(context, name, { answers }): Write[] {
    const csr = pending(context, name)
    if (csr === undefined || answers.some(({ call }) => call.resource !== REVIEWS)) return []
    for (const { subresource, message } of recognizersOf(csr)) {
      const answer = answers.find(({ call }) => subresourceOf(call.body) === subresource)
      if ((answer?.body as { status?: { allowed?: boolean } } | undefined)?.status?.allowed === true)
        return [approve(context, csr, message)]
    }
    if (recognizersOf(csr).length > 0) context.requeueAfter(name, againMs(context, csr))
    return []
  },
}

/** Back-off of the queue: 200 ms, doubled up to 1000 s, which comes to the age of the request. */
function againMs({ nowMs }: Context, { metadata }: Csr): number {
  const ageMs = nowMs - Date.parse(metadata.creationTimestamp ?? '')
  return Math.min(Math.max(Number.isNaN(ageMs) ? 0 : ageMs, 200), 1_000_000)
}

function pending(context: Context, name: string): Csr | undefined {
  const csr = context.cache<Csr>(REQUESTS).get('', name)
  if (csr === undefined || csr.spec?.signerName !== SIGNERS.kubeletClient || csr.status?.certificate) return undefined
  return hasCondition(csr, 'Approved') || hasCondition(csr, 'Denied') ? undefined : csr
}

function recognizersOf(csr: Csr): Recognizer[] {
  const request = requestOf(csr)
  if (request === undefined || kubeletClientProblem(request, csr.spec?.usages ?? []) !== undefined) return []
  return RECOGNIZERS.filter(({ self }) => !self || csr.spec?.username === commonNameOf(request.subject))
}

interface Review {
  spec: { resourceAttributes: { subresource: string } }
}

const subresourceOf = (body: unknown): string => (body as Review).spec.resourceAttributes.subresource

function review(csr: Csr, subresource: string): Write {
  const { username: user, groups, uid, extra } = csr.spec ?? {}
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user,
      uid,
      groups,
      extra,
      resourceAttributes: {
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        verb: 'create',
        subresource,
        version: '*',
      },
    },
  }
  return { verb: 'create', resource: REVIEWS, body }
}

function approve(context: Context, csr: Csr, message: string): Write {
  const now = timestamp(context.nowMs)
  const condition = {
    type: 'Approved',
    status: 'True',
    reason: 'AutoApproved',
    message,
    lastUpdateTime: now,
    lastTransitionTime: now,
  }
  const conditions = [...(csr.status?.conditions ?? []), condition]
  return {
    verb: 'update',
    resource: REQUESTS,
    subresource: 'approval',
    name: csr.metadata.name,
    body: { ...csr, status: { ...csr.status, conditions } },
  }
}
