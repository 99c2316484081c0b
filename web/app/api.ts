/** The trainer's REST interface (server/contract.ts). */
import type {
  AttemptSummary,
  AttemptView,
  CatalogueEntry,
  ProgressView,
  ResultView,
  Speed,
  StartRequest,
} from '../../server/contract.ts'

/** The trainer refused, or could not be reached (`status` 0). */
export class ApiError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

async function call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const headers = body === undefined ? undefined : { 'content-type': 'application/json' }
  const response = await fetch(`/api${path}`, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch(() => undefined)
  if (response === undefined) throw new ApiError(0, 'unreachable')
  const answer: unknown = await response.json().catch(() => undefined)
  if (!response.ok)
    throw new ApiError(response.status, errorText(answer) ?? `${response.status} ${response.statusText}`)
  return answer as T
}

function errorText(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined
  return String(answer.error)
}

const attemptPath = (id: string) => `/attempts/${encodeURIComponent(id)}`

export const api = {
  scenarios: () => call<CatalogueEntry[]>('GET', '/scenarios'),
  attempts: () => call<AttemptSummary[]>('GET', '/attempts'),
  start: (request: StartRequest) => call<AttemptView>('POST', '/attempts', request),
  attempt: (id: string) => call<AttemptView>('GET', attemptPath(id)),
  remove: (id: string) => call<unknown>('DELETE', attemptPath(id)),
  hint: (id: string) => call<AttemptView>('POST', `${attemptPath(id)}/hint`, {}),
  check: (id: string) => call<ProgressView>('POST', `${attemptPath(id)}/check`, {}),
  submit: (id: string) => call<ResultView>('POST', `${attemptPath(id)}/submit`, {}),
  speed: (id: string, speed: Speed) => call<unknown>('POST', `${attemptPath(id)}/speed`, { speed }),
  skip: (id: string) => call<unknown>('POST', `${attemptPath(id)}/skip`, {}),
}
