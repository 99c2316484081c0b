/** `authorizer.group('apps').resource('deployments').check('create').allowed()`. Models library/authz.go. */
import type { FunctionRow } from './overload.ts'

/** What an expression asks; the fields that a request to the authorizer has. */
export interface AuthorizationQuestion {
  readonly path?: string
  readonly verb: string
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  readonly fieldSelector?: string
  readonly labelSelector?: string
  /** A service account that is asked about instead of the user. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string }
}

export interface AuthorizationAnswer {
  readonly allowed: boolean
  readonly reason: string
  readonly error?: string
}

/** The binding named `authorizer`: who asks is known to whoever makes it. */
export class CelAuthorizer {
  readonly decide: (question: AuthorizationQuestion) => AuthorizationAnswer
  readonly serviceAccount: AuthorizationQuestion['serviceAccount'] | undefined
  /** `authorizer.requestResource`: a check of what the request itself is for. */
  readonly requestResource: CelResourceCheck
  constructor(
    decide: (question: AuthorizationQuestion) => AuthorizationAnswer,
    of: { serviceAccount?: AuthorizationQuestion['serviceAccount']; request?: Part } = {},
  ) {
    this.decide = decide
    this.serviceAccount = of.serviceAccount
    this.requestResource = new CelResourceCheck(this, of.request ?? {})
  }
}

/** A question before its verb is known. */
export type Part = Omit<AuthorizationQuestion, 'verb'>

export class CelCheck {
  readonly of: CelAuthorizer
  readonly part: Part
  constructor(of: CelAuthorizer, part: Part) {
    this.of = of
    this.part = part
  }
}
export class CelPathCheck extends CelCheck {}
export class CelGroupCheck extends CelCheck {}
export class CelResourceCheck extends CelCheck {}

export class CelDecision {
  readonly answer: AuthorizationAnswer
  constructor(answer: AuthorizationAnswer) {
    this.answer = answer
  }
}

const account = (of: CelAuthorizer): Part => (of.serviceAccount ? { serviceAccount: of.serviceAccount } : {})
const decide = (of: CelCheck, verb: string): CelDecision =>
  new CelDecision(of.of.decide({ ...account(of.of), ...of.part, verb }))
const narrowed = (of: CelCheck, more: Part): CelResourceCheck => new CelResourceCheck(of.of, { ...of.part, ...more })

export const AUTHORIZER: readonly FunctionRow[] = [
  ['Authorizer.path(string): PathCheck', (of: CelAuthorizer, path: string) => new CelPathCheck(of, { path })],
  ['Authorizer.group(string): GroupCheck', (of: CelAuthorizer, group: string) => new CelGroupCheck(of, { group })],
  [
    'Authorizer.serviceAccount(string, string): Authorizer',
    (of: CelAuthorizer, namespace: string, name: string) =>
      new CelAuthorizer(of.decide, { serviceAccount: { namespace, name } }),
  ],
  ['PathCheck.check(string): Decision', decide],
  ['GroupCheck.resource(string): ResourceCheck', (of: CelGroupCheck, resource: string) => narrowed(of, { resource })],
  [
    'ResourceCheck.subresource(string): ResourceCheck',
    (of: CelResourceCheck, subresource: string) => narrowed(of, { subresource }),
  ],
  [
    'ResourceCheck.namespace(string): ResourceCheck',
    (of: CelResourceCheck, namespace: string) => narrowed(of, { namespace }),
  ],
  ['ResourceCheck.name(string): ResourceCheck', (of: CelResourceCheck, name: string) => narrowed(of, { name })],
  [
    'ResourceCheck.fieldSelector(string): ResourceCheck',
    (of: CelResourceCheck, fieldSelector: string) => narrowed(of, { fieldSelector }),
  ],
  [
    'ResourceCheck.labelSelector(string): ResourceCheck',
    (of: CelResourceCheck, labelSelector: string) => narrowed(of, { labelSelector }),
  ],
  ['ResourceCheck.check(string): Decision', decide],
  ['Decision.allowed(): bool', (of: CelDecision) => of.answer.allowed],
  ['Decision.reason(): string', (of: CelDecision) => of.answer.reason],
  ['Decision.errored(): bool', (of: CelDecision) => of.answer.error !== undefined],
  ['Decision.error(): string', (of: CelDecision) => of.answer.error ?? ''],
]
