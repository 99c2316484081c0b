/** What goes wrong in a command, as values with kubeadm's texts. Models cmd/kubeadm/app/util/errors. */
import { ConnectionError, StatusError } from '../kubectl/errors.ts'

export class KubeadmError extends Error {}

/** Text of an error as Go prints it; undefined for a bug of our own. */
export function goError(error: unknown): string | undefined {
  if (error instanceof ConnectionError) return error.goText
  if (error instanceof StatusError) return error.message
  return error instanceof KubeadmError ? error.message : undefined
}

/** `errors.Wrap(err, what)`; a bug passes. */
export function wrapped(what: string, error: unknown): Error {
  const text = goError(error)
  return text === undefined ? (error as Error) : new KubeadmError(`${what}: ${text}`)
}

export const notSimulated = (what: string): KubeadmError => new KubeadmError(`not simulated: ${what}`)

export const isMissing = (error: unknown): boolean => error instanceof StatusError && error.reason === 'NotFound'
export const isThere = (error: unknown): boolean => error instanceof StatusError && error.reason === 'AlreadyExists'
