/** What comes back from a call out of the API server, and what its errors are called. Models client-go rest/request.go. */
import type { HttpResponse } from '../../fabric/http.ts'
import type { Flight } from '../flight.ts'
import type { OutsideCall } from '../pipeline/admission/plugin.ts'

/** An answer, or Go's text of why there is none: `dial tcp 10.96.1.2:443: connect: connection refused`. */
export type OutsideAnswer = { response: HttpResponse } | { error: string }

type Answers = Readonly<Record<string, OutsideAnswer>>

/** The answer to a call that this request made; undefined when it was not made yet. */
export const answerOf = (flight: Flight, key: string): OutsideAnswer | undefined =>
  (flight.memo.calls as Answers | undefined)?.[key]

export function noteAnswer(flight: Flight, key: string, answer: OutsideAnswer): void {
  flight.memo.calls = { ...(flight.memo.calls as Answers | undefined), [key]: answer }
}

/** A key that the same question has again, and another one has not. */
export function callKey(...parts: readonly unknown[]): string {
  const text = JSON.stringify(parts)
  let low = 0x811c9dc5
  let high = 0x1000193
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ code, 0x85ebca6b)
  }
  return `${(low >>> 0).toString(16)}-${(high >>> 0).toString(16)}-${text.length}`
}

const textOf = ({ body }: HttpResponse): string => (typeof body === 'string' ? body : JSON.stringify(body ?? ''))

const BY_CODE: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  403: 'unknown',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
}

/** The JSON of an answer, or why it is none. Models rest.Result.Into and errors.NewGenericServerResponse. */
export function jsonAnswer(call: OutsideCall, answer: OutsideAnswer): { json: unknown } | { error: string } {
  if ('error' in answer) return { error: `Post ${JSON.stringify(shownUrl(call))}: ${answer.error}` }
  const { response } = answer
  if (response.code < 200 || response.code > 206) return { error: statusError(response) }
  if (typeof response.body !== 'string') return { json: response.body }
  if (response.body === '')
    return {
      error: '0-length response with status code: 200 and content type: ' + (response.headers['content-type'] ?? ''),
    }
  try {
    return { json: JSON.parse(response.body) as unknown }
  } catch {
    return { error: `couldn't get version/kind; json parse error: ${goJsonError(response.body)}` }
  }
}

function statusError(response: HttpResponse): string {
  const { code } = response
  const known = BY_CODE[code]
  const text = textOf(response).trim()
  if (code === 403) return text === '' ? 'unknown' : text
  if (known !== undefined) return known
  if (code >= 500)
    return `an error on the server (${JSON.stringify(text === '' ? 'unknown' : text)}) has prevented the request from succeeding`
  return `the server responded with the status code ${code} but did not return more information`
}

function goJsonError(text: string): string {
  const first = text.trimStart()[0] ?? ''
  if (first === '{' || first === '[') return 'unexpected end of JSON input'
  if (/["\d\-tfn]/.test(first) && isJson(text)) {
    const kind = first === '"' ? 'string' : /[\d-]/.test(first) ? 'number' : 'bool'
    return `json: cannot unmarshal ${kind} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`
  }
  return `invalid character '${first}' looking for beginning of value`
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The URL as messages show it, with its query. */
export function shownUrl({ url, request }: OutsideCall): string {
  const query = new URLSearchParams(request.query).toString()
  return query === '' ? url : `${url}?${query}`
}
