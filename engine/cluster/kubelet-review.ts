/** What an API server says of a token that a kubelet was shown, and of what is asked with it. Models TokenReview and SubjectAccessReview. */
import { authenticate } from '../api/pipeline/authentication.ts'
import { decide } from '../api/pipeline/authorization.ts'
import type { ApiServer } from '../api/server.ts'
import type { Reviewed, ReviewedAttributes } from '../kubelet/runtime.ts'

export function review(server: ApiServer, authorization: string, asked: ReviewedAttributes): Reviewed {
  const user = authenticate(server, { method: 'POST', path: '', query: {}, headers: { authorization } })
  if (user === undefined) return { allowed: false }
  const { verb, subresource, node: name } = asked
  const where = { isResource: true, path: '', group: '', version: 'v1', resource: 'nodes', namespace: '' }
  return { user: user.name, allowed: decide(server, { ...where, verb, subresource, name }, user).allowed }
}
