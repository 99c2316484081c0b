/** AdmissionReview, there and back. Models apiserver admission/plugin/webhook/request/admissionreview.go and errors/statuserror.go. */
import { applyJsonPatch } from '../../../objects/patch/json.ts'
import type { Json } from '../../../objects/patch/json-value.ts'
import type { MutatingWebhook, ValidatingWebhook } from '../../../objects/types.gen.ts'
import type { KubeObject } from '../../client.ts'
import type { ApiStatus } from '../../status.ts'

export type Webhook = ValidatingWebhook & Partial<MutatingWebhook>

/** What a webhook answered. */
export interface Review {
  readonly allowed: boolean
  readonly warnings: readonly string[]
  readonly patch: readonly unknown[]
  readonly status: Partial<ApiStatus> | undefined
}

interface RawResponse {
  uid?: unknown
  allowed?: unknown
  warnings?: unknown
  patch?: unknown
  patchType?: unknown
  status?: Partial<ApiStatus>
}

interface RawReview {
  apiVersion?: string
  kind?: string
  response?: RawResponse
}

/** The version of the review that both sides speak; undefined when there is none. */
export const reviewVersion = ({ admissionReviewVersions }: Webhook): string | undefined =>
  admissionReviewVersions.find((version) => version === 'v1' || version === 'v1beta1')

const gvk = (apiVersion = '', kind = ''): string => {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/', 2) : ['', apiVersion]
  return `${group}/${version}, Kind=${kind}`
}

/** A webhook's JSON as a verdict, or what is wrong with it. */
export function readReview(
  json: unknown,
  of: { uid: string; version: string; mutating: boolean },
): Review | { error: string } {
  if (typeof json !== 'object' || json === null) return { error: 'webhook response was absent' }
  const { apiVersion, kind, response } = json as RawReview
  if (kind === undefined || kind === '')
    return { error: `couldn't get version/kind; Object 'Kind' is missing in '${JSON.stringify(json)}'` }
  if (kind !== 'AdmissionReview' || !apiVersion?.startsWith('admission.k8s.io/'))
    return {
      error: `expected webhook response of ${gvk(`admission.k8s.io/${of.version}`, 'AdmissionReview')}, got ${gvk(apiVersion, kind)}`,
    }
  if (response === undefined || response === null) return { error: 'webhook response was absent' }
  return apiVersion === 'admission.k8s.io/v1' && of.version === 'v1'
    ? readV1(response, of)
    : readLenient(response, apiVersion, of)
}

type Wanted = { uid: string; version: string; mutating: boolean }

function readLenient(response: RawResponse, apiVersion: string, of: Wanted): Review | { error: string } {
  if (apiVersion === `admission.k8s.io/${of.version}`) return reviewOf(response)
  const wanted = gvk(`admission.k8s.io/${of.version}`, 'AdmissionReview')
  return { error: `expected webhook response of ${wanted}, got ${gvk(apiVersion, 'AdmissionReview')}` }
}

function readV1(response: RawResponse, { uid, mutating }: Wanted): Review | { error: string } {
  const given = typeof response.uid === 'string' ? response.uid : ''
  if (given !== uid) return { error: `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(given)}` }
  const hasPatch = typeof response.patch === 'string' && response.patch !== ''
  if (hasPatch && !mutating) return { error: 'webhook response.patch may not be set for validating webhook' }
  if (hasPatch && response.patchType === undefined)
    return { error: 'webhook returned response.patch but not response.patchType' }
  if (hasPatch && response.patchType !== 'JSONPatch')
    return { error: `webhook returned invalid response.patchType of ${JSON.stringify(response.patchType)}` }
  return reviewOf(response)
}

function reviewOf(response: RawResponse): Review | { error: string } {
  const patch = readPatch(response.patch)
  if ('error' in patch) return patch
  return {
    allowed: response.allowed === true,
    warnings: Array.isArray(response.warnings) ? response.warnings.map(String) : [],
    patch: patch.operations,
    status: response.status,
  }
}

function readPatch(patch: unknown): { operations: readonly unknown[] } | { error: string } {
  if (typeof patch !== 'string' || patch === '') return { operations: [] }
  try {
    const bytes = Uint8Array.from(atob(patch), (letter) => letter.charCodeAt(0))
    const operations: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return { operations: Array.isArray(operations) ? operations : [] }
  } catch {
    return { error: 'illegal base64 data at input byte 0' }
  }
}

/** The object after the webhook's patch, or the text of what went wrong. */
export function patched(object: KubeObject, { patch }: Review): KubeObject | { error: string } {
  try {
    return applyJsonPatch(object as unknown as Json, patch) as unknown as KubeObject
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

/** The refusal of a webhook, with what it said. Models ToStatusErr. */
export function denial(name: string, status: Partial<ApiStatus> = {}): ApiStatus {
  const by = `admission webhook ${JSON.stringify(name)} denied the request`
  const { message = '', reason = '' } = status
  const text = message !== '' ? `${by}: ${message}` : reason !== '' ? `${by}: ${reason}` : `${by} without explanation`
  const code = status.code !== undefined && status.code >= 400 ? status.code : 400
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: text,
    ...(reason !== '' && { reason }),
    ...(status.details !== undefined && { details: status.details }),
    code,
  }
}
