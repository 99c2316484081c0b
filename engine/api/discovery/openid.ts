/** What tells others how to check tokens of service accounts. Models pkg/serviceaccount/openidmetadata.go and routes/openidmetadata.go. */
import type { HttpResponse } from '../../fabric/http.ts'
import { makeJwk } from '../../pki/index.ts'
import type { Core } from '../core.ts'
import { ISSUER } from '../pipeline/service-account-tokens.ts'

/** The answer at a path; undefined when it is none of these. */
export function answerOpenId(core: Core, path: string): HttpResponse | undefined {
  if (path === '/.well-known/openid-configuration') return configuration(core)
  return path === '/openid/v1/jwks' ? keySet(core) : undefined
}

const lasting = { 'cache-control': 'public, max-age=3600' }

/** Go writes these without spaces, in this order. */
function configuration(core: Core): HttpResponse {
  const body = {
    issuer: ISSUER,
    jwks_uri: `https://${core.advertiseAddress}:6443/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  }
  return { code: 200, headers: { 'content-type': 'application/json', ...lasting }, body: JSON.stringify(body) }
}

function keySet(core: Core): HttpResponse {
  const body = { keys: core.tokenKeys.verifying().map(makeJwk) }
  return { code: 200, headers: { 'content-type': 'application/jwk-set+json', ...lasting }, body: JSON.stringify(body) }
}
