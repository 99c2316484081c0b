/** The tokens in pods' projected volumes. Models pkg/kubelet/token, and TokenRequest of pkg/registry/core/serviceaccount/storage. */
import type { ApiServer } from '../api/server.ts'
import { ISSUER, makeToken } from '../api/pipeline/service-account-tokens.ts'
import type { TokenFacts } from '../api/pipeline/service-account-tokens.ts'
import type { HostName } from '../fabric/fabric.ts'
import type { Pod } from '../objects/types.gen.ts'
import { numberFrom, parseKeyPem } from '../pki/index.ts'
import type { PrivateKey } from '../pki/index.ts'
import { CERTIFICATES } from './identity.ts'

const YEAR_SECONDS = 365 * 86_400

export interface TokenWorld {
  minor: number
  apiServers(): ReadonlyMap<HostName, ApiServer>
  readFile(host: HostName, path: string): string | undefined
}

/** Whose token it is. */
interface Subject {
  namespace: string
  account: { name: string; uid: string }
  pod: { name: string; uid: string }
  node: { name: string; uid?: string }
  createdMs: number
}

export class PodTokens {
  /** Derived. Signing takes milliseconds: the token of a pod is made once. */
  private readonly made = new Map<string, string>()

  constructor(private readonly world: TokenWorld) {}

  /** Good for a year, as --service-account-extend-token-expiration has it; undefined: no API server knows pod and account. */
  token(namespace: string, account: string, pod: { name: string; uid: string }): string | undefined {
    for (const [host, server] of this.world.apiServers()) {
      const subject = subjectOf(server, namespace, account, pod)
      const key = this.keyOf(host)
      if (subject !== undefined && key !== undefined) return this.tokenOf(subject, key)
    }
    return undefined
  }

  private keyOf(host: HostName): PrivateKey | undefined {
    return parseKeyPem(this.world.readFile(host, `${CERTIFICATES}/sa.key`) ?? '')
  }

  private tokenOf(subject: Subject, key: PrivateKey): string {
    const id = `${subject.pod.uid}/${subject.account.name}/${subject.account.uid}`
    let token = this.made.get(id)
    if (token === undefined) {
      token = makeToken(factsOf(subject), key, this.world.minor)
      this.made.set(id, token)
    }
    return token
  }
}

function subjectOf(
  { cache }: ApiServer,
  namespace: string,
  name: string,
  { name: podName, uid }: { name: string; uid: string },
): Subject | undefined {
  const account = cache.get(`/registry/serviceaccounts/${namespace}/${name}`)?.metadata.uid
  const pod = cache.get(`/registry/pods/${namespace}/${podName}`) as Pod | undefined
  const created = pod?.metadata.creationTimestamp
  if (account === undefined || pod?.metadata.uid !== uid || created === undefined || created === null) return undefined
  const nodeName = pod?.spec?.nodeName ?? ''
  const node = cache.get(`/registry/minions/${nodeName}`)?.metadata.uid
  return {
    namespace,
    account: { name, uid: account },
    pod: { name: podName, uid },
    node: { name: nodeName, ...(node !== undefined && { uid: node }) },
    createdMs: Date.parse(created),
  }
}

const factsOf = ({ namespace, account, pod, node, createdMs }: Subject): TokenFacts => ({
  nowMs: createdMs,
  namespace,
  account,
  seconds: YEAR_SECONDS,
  audiences: [ISSUER],
  jti: uuidFrom(`${pod.uid}/${account.name}`),
  pod,
  node,
  warnAfter: 3607,
})

/** A UUID that depends on a text alone. */
function uuidFrom(text: string): string {
  const hex = numberFrom(16, text).toString(16).padStart(32, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
}
