/** Objects sent to the API server: created, or brought to what they should be. Models cmd/kubeadm/app/util/apiclient/idempotency.go. */
import type { Proc, Run } from '../../host/process.ts'
import type { Client } from '../kubectl/client.ts'
import { StatusError } from '../kubectl/errors.ts'
import type { ClusterObject } from './artifacts/objects/object.ts'
import { isThere, wrapped } from './errors.ts'
import { POLL_MS, retried } from './wait.ts'

const API_CALL_MS = 60_000

/** `/apis/apps/v1/namespaces/kube-system/deployments[/name]` of `apps/v1/deployments`. */
export function pathOf(resource: string, namespace: string | undefined, name?: string): string {
  const parts = resource.split('/')
  const plural = parts.at(-1) ?? ''
  const version = parts.slice(0, -1).join('/')
  const root = version === 'v1' ? '/api/v1' : `/apis/${version}`
  const scope = namespace === undefined ? '' : `/namespaces/${namespace}`
  return `${root}${scope}/${plural}${name === undefined ? '' : `/${name}`}`
}

/** Creates an object, or updates the one of that name; an account that is there stays as it is. */
export function* apply(p: Proc, client: Client, { resource, namespace, body }: ClusterObject): Run<void> {
  yield* retried(p, API_CALL_MS, POLL_MS, function* () {
    try {
      yield* client.create(pathOf(resource, namespace), body, TIMEOUT)
    } catch (error) {
      if (!isThere(error) && !isTaken(body, error)) throw wrapped(`unable to create ${kindOf(body)}`, error)
      if (kindOf(body) === 'ServiceAccount') return
      yield* client.update(pathOf(resource, namespace, body.metadata.name), body, TIMEOUT)
    }
  })
}

/** A Service whose address is its own already is refused for that before its name is. */
const isTaken = (body: ClusterObject['body'], error: unknown): boolean =>
  kindOf(body) === 'Service' && error instanceof StatusError && error.reason === 'Invalid'

const kindOf = (body: ClusterObject['body']): string => String(body['kind'])

/** client-go writes its time limit into each request. */
export const TIMEOUT = { timeout: '10s' }

export function* applyAll(p: Proc, client: Client, objects: readonly ClusterObject[]): Run<void> {
  for (const object of objects) yield* apply(p, client, object)
}

/** Creates an object unless it is there. */
export function* createOnce(p: Proc, client: Client, { resource, namespace, body }: ClusterObject): Run<void> {
  yield* retried(p, API_CALL_MS, POLL_MS, function* () {
    try {
      yield* client.create(pathOf(resource, namespace), body, TIMEOUT)
    } catch (error) {
      if (!isThere(error)) throw error
    }
  })
}
