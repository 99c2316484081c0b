/**
 * The kinds of admissionregistration.k8s.io. Models pkg/apis/admissionregistration/validation and apiserver
 * util/webhook/validation.go. Not modelled: estimated costs of expressions.
 */
import { admissionTypes } from '../cel/admission-types.ts'
import { compileCel, DYN } from '../cel/index.ts'
import type { CelType } from '../cel/index.ts'
import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { semanticEqual } from '../equal.ts'
import { labelKeyErrors } from '../selectors.ts'
import { duplicate, forbidden, invalid, invalidAll, notSupported, oneOf, oneOfIfSet, required } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { dns1035Label, dns1123Subdomain, pathSegmentName, portNumber } from './names.ts'
import { selectorErrors } from './selectors.ts'

const FAILURE_POLICIES = ['Fail', 'Ignore']
const MATCH_POLICIES = ['Equivalent', 'Exact']
const SCOPES = ['*', 'Cluster', 'Namespaced']
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const SIDE_EFFECTS = ['None', 'NoneOnDryRun']
const OLD_SIDE_EFFECTS = ['None', 'NoneOnDryRun', 'Some', 'Unknown']
const REINVOCATIONS = ['IfNeeded', 'Never']
const REVIEW_VERSIONS = ['v1', 'v1beta1']
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']
const ACTIONS = ['Audit', 'Deny', 'Warn']
const MAX_CONDITIONS = 64
const MAX_ANNOTATIONS = 20

const texts = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : [])
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Values that must not stand beside a star. */
function starred(field: string, values: string[], others: string): FieldError[] {
  const mixed = values.length > 1 && values.includes('*')
  return mixed ? [invalid(field, values, `if '*' is present, must not specify other ${others}`)] : []
}

const needed = (field: string, values: string[]): FieldError[] => (values.length === 0 ? [required(field)] : [])

function resourceErrors(resources: string[], field: string): FieldError[] {
  const errors = needed(field, resources)
  const wholeResources = new Set<string>()
  const wholeSubresources = new Set<string>()
  resources.forEach((one, i) => {
    const [resource = '', sub] = [one.split('/', 1)[0], one.includes('/') ? one.slice(one.indexOf('/') + 1) : undefined]
    if (one === '') errors.push(required(`${field}[${i}]`))
    if (sub === undefined) return
    if (wholeResources.has(resource))
      errors.push(invalid(`${field}[${i}]`, one, `if '${resource}/*' is present, must not specify ${one}`))
    if (wholeSubresources.has(sub))
      errors.push(invalid(`${field}[${i}]`, one, `if '*/${sub}' is present, must not specify ${one}`))
    if (sub === '*') wholeResources.add(resource)
    if (resource === '*') wholeSubresources.add(sub)
  })
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(field, resources, "if '*/*' is present, must not specify other resources"))
  const last = resources.findLast((one) => one !== '' && !one.includes('/'))
  if (resources.includes('*') && last !== undefined && last !== '*')
    errors.push(invalid(field, resources, "if '*' is present, must not specify other resources without subresources"))
  return errors
}

function ruleErrors(rule: PlainObject, field: string): FieldError[] {
  const operations = texts(rule.operations)
  const groups = texts(rule.apiGroups)
  const versions = texts(rule.apiVersions)
  return [
    ...needed(`${field}.operations`, operations),
    ...starred(`${field}.operations`, operations, 'operations'),
    ...operations.flatMap((one, i) => oneOf(`${field}.operations[${i}]`, one, OPERATIONS)),
    ...needed(`${field}.apiGroups`, groups),
    ...starred(`${field}.apiGroups`, groups, 'API groups'),
    ...needed(`${field}.apiVersions`, versions),
    ...starred(`${field}.apiVersions`, versions, 'API versions'),
    ...versions.flatMap((one, i) => (one === '' ? [required(`${field}.apiVersions[${i}]`)] : [])),
    ...resourceErrors(texts(rule.resources), `${field}.resources`),
    ...oneOfIfSet(`${field}.scope`, rule.scope, SCOPES),
  ]
}

function namedRuleErrors(rule: PlainObject, field: string): FieldError[] {
  const names = texts(rule.resourceNames)
  return [
    ...names.flatMap((name, i) => [
      ...invalidAll(`${field}.resourceNames[${i}]`, name, pathSegmentName(name)),
      ...(names.indexOf(name) < i ? [duplicate(`${field}.resourceNames[${i}]`, name)] : []),
    ]),
    ...ruleErrors(rule, field),
  ]
}

/** Models validation.IsFullyQualifiedName. */
function qualifiedNameErrors(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)]
  const wrong = invalidAll(field, name, dns1123Subdomain(name))
  if (wrong.length > 0 || name.split('.').length >= 3) return wrong
  return [invalid(field, name, 'should be a domain with at least three segments separated by dots')]
}

const FORM = '; desired format: https://host[/path]'

function urlErrors(url: string, field: string): FieldError[] {
  const match = /^(?:([a-zA-Z][\w+.-]*):)?(?:\/\/(?:([^/?#@]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(url)
  const [, scheme = '', user, host = '', , query = '', fragment = ''] = match ?? []
  return [
    ...(scheme === 'https' ? [] : [invalid(field, scheme, `'https' is the only allowed URL scheme${FORM}`)]),
    ...(host === '' ? [invalid(field, host, `host must be provided${FORM}`)] : []),
    ...(user === undefined ? [] : [invalid(field, user, 'user information is not permitted in the URL')]),
    ...(fragment === '' ? [] : [invalid(field, fragment, 'fragments are not permitted in the URL')]),
    ...(query === '' ? [] : [invalid(field, query, 'query parameters are not permitted in the URL')]),
  ]
}

/** Models webhook.ValidateWebhookService: its callers give name and namespace in the other order. */
function serviceErrors(service: PlainObject, field: string): FieldError[] {
  const { name, namespace, port, path } = service
  const wrongPort = portNumber(port ?? 443)
  return [
    ...(textOf(namespace) === '' ? [required(`${field}.name`, 'service name is required')] : []),
    ...(textOf(name) === '' ? [required(`${field}.namespace`, 'service namespace is required')] : []),
    ...(wrongPort.length === 0 ? [] : [invalid(`${field}.port`, port, `port is not valid: ${wrongPort.join(', ')}`)]),
    ...pathErrors(textOf(path), `${field}.path`),
  ]
}

function pathErrors(path: string, field: string): FieldError[] {
  if (path === '' || path === '/') return []
  if (path === '//') return [invalid(field, path, 'segment[0] may not be empty')]
  const steps = path.slice(1).replace(/\/$/, '').split('/')
  return [
    ...(path.startsWith('/') ? [] : [invalid(field, path, "must start with a '/'")]),
    ...steps.flatMap((step, i) =>
      step === ''
        ? [invalid(field, path, `segment[${i}] may not be empty`)]
        : dns1123Subdomain(step).map((why) => invalid(field, path, `segment[${i}]: ${why}`)),
    ),
  ]
}

/** Models webhook client configs, as admission and conversion webhooks have them. */
export function clientConfigErrors(config: PlainObject, field: string): FieldError[] {
  const { url, service } = config
  if ((url === undefined) === (service === undefined))
    return [required(field, 'exactly one of url or service is required')]
  return url === undefined
    ? serviceErrors(asObject(service), `${field}.service`)
    : urlErrors(textOf(url), `${field}.url`)
}

function reviewVersionErrors(versions: string[], field: string): FieldError[] {
  if (versions.length === 0) return [required(field, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)]
  const errors = versions.flatMap((version, i) =>
    versions.indexOf(version) < i
      ? [invalid(`${field}[${i}]`, version, 'duplicate version')]
      : invalidAll(`${field}[${i}]`, version, dns1035Label(version)),
  )
  if (versions.some((version) => REVIEW_VERSIONS.includes(version))) return errors
  return [...errors, invalid(field, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)]
}

type Types = Record<string, CelType>

/** A CEL expression that must compile, and say what is wanted. */
function celErrors(expression: string, types: Types, results: readonly string[], field: string): FieldError[] {
  const compiled = compileCel(expression, { variables: [], types })
  if ('error' in compiled) return [invalid(field, expression, `compilation failed: ${compiled.error}`)]
  const { type } = compiled.program
  if (type.includes('dyn') || results.length === 0 || results.includes(type)) return []
  const wanted = results.length === 1 ? results[0] : `one of [${results.join(' ')}]`
  return [invalid(field, expression, `must evaluate to ${wanted}`)]
}

function conditionErrors(conditions: PlainObject[], params: boolean, field: string): FieldError[] {
  const many: FieldError[] = conditions.length > MAX_CONDITIONS ? [{ type: 'TooMany', field, badValue: conditions.length, detail: `must have at most ${MAX_CONDITIONS} items` }] : [] // prettier-ignore
  const names = conditions.map(({ name }) => textOf(name))
  return [
    ...many,
    ...conditions.flatMap((condition, i) => {
      const expression = textOf(condition.expression).trim()
      const name = names[i] ?? ''
      const types = admissionTypes({ params })
      return [
        ...(expression === '' ? [required(`${field}[${i}].expression`)] : celErrors(expression, types, ['bool'], `${field}[${i}].expression`)), // prettier-ignore
        ...(name === ''
          ? [required(`${field}[${i}].name`)]
          : invalidAll(`${field}[${i}].name`, name, labelKeyErrors(name))),
        ...(name !== '' && names.indexOf(name) < i ? [duplicate(`${field}[${i}].name`, name)] : []),
      ]
    }),
  ]
}

function webhookErrors(
  hook: PlainObject,
  field: string,
  mutating: boolean,
  keepsConditions: boolean,
  version = 'v1',
): FieldError[] {
  const { name, failurePolicy, matchPolicy, sideEffects, timeoutSeconds, namespaceSelector, objectSelector } = hook
  const seconds = timeoutSeconds as number | undefined
  const late = seconds !== undefined && (seconds > 30 || seconds < 1)
  return [
    ...qualifiedNameErrors(textOf(name), `${field}.name`),
    ...asList(hook.rules).flatMap((rule, i) => ruleErrors(rule, `${field}.rules[${i}]`)),
    ...oneOfIfSet(`${field}.failurePolicy`, failurePolicy, [...FAILURE_POLICIES].sort()),
    ...oneOfIfSet(`${field}.matchPolicy`, matchPolicy, MATCH_POLICIES),
    ...(sideEffects === undefined
      ? [required(`${field}.sideEffects`, `must specify one of ${SIDE_EFFECTS.join(', ')}`)]
      : oneOf(`${field}.sideEffects`, sideEffects, version === 'v1beta1' ? OLD_SIDE_EFFECTS : SIDE_EFFECTS)),
    ...(late
      ? [invalid(`${field}.timeoutSeconds`, seconds, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...selectorErrors(namespaceSelector ?? {}, `${field}.namespaceSelector`),
    ...selectorErrors(objectSelector ?? {}, `${field}.objectSelector`),
    ...(mutating ? oneOfIfSet(`${field}.reinvocationPolicy`, hook.reinvocationPolicy, REINVOCATIONS) : []),
    ...clientConfigErrors(asObject(hook.clientConfig), `${field}.clientConfig`),
    ...(keepsConditions ? [] : conditionErrors(asList(hook.matchConditions), false, `${field}.matchConditions`)),
    ...reviewVersionErrors(texts(hook.admissionReviewVersions), `${field}.admissionReviewVersions`),
  ]
}

function configurationErrors(
  object: PlainObject,
  mutating: boolean,
  old?: PlainObject,
  version?: string,
): FieldError[] {
  const hooks = asList(object.webhooks)
  const before = old && asList(old.webhooks)
  const keeps = before?.length === hooks.length && hooks.every((hook, i) => semanticEqual(hook.matchConditions, before[i]?.matchConditions)) // prettier-ignore
  const names = hooks.map(({ name }) => textOf(name))
  return hooks.flatMap((hook, i) => [
    ...webhookErrors(hook, `webhooks[${i}]`, mutating, keeps, version),
    ...(names[i] !== '' && names.indexOf(names[i] ?? '') < i ? [duplicate(`webhooks[${i}].name`, names[i])] : []),
  ])
}

type Validate = (object: PlainObject, ctx?: ValidationContext) => FieldError[]
type ValidateUpdate = (object: PlainObject, old: PlainObject) => FieldError[]

export const validateWebhookConfiguration =
  (mutating: boolean): Validate =>
  (object, ctx) =>
    configurationErrors(object, mutating, undefined, ctx?.version)

export const validateWebhookConfigurationUpdate =
  (mutating: boolean): ValidateUpdate =>
  (object, old) =>
    configurationErrors(object, mutating, old)

function paramKindErrors(kind: PlainObject, field: string): FieldError[] {
  const apiVersion = textOf(kind.apiVersion)
  const name = textOf(kind.kind)
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  const errors: FieldError[] = []
  if (apiVersion === '') errors.push(required(`${field}.apiVersion`))
  else if (apiVersion.split('/').length > 2)
    errors.push(invalid(`${field}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`))
  else {
    const wrongGroup = group === '' ? [] : dns1123Subdomain(group)
    if (wrongGroup.length > 0) errors.push(invalid(`${field}.apiVersion`, group, wrongGroup.join(',')))
    const wrongVersion = dns1035Label(version)
    if (version === '') errors.push(invalid(`${field}.apiVersion`, apiVersion, 'version must be specified'))
    else if (wrongVersion.length > 0) errors.push(invalid(`${field}.apiVersion`, version, wrongVersion.join(',')))
  }
  const wrongKind = dns1035Label(name.toLowerCase())
  if (name === '') errors.push(required(`${field}.kind`))
  else if (wrongKind.length > 0)
    errors.push(
      invalid(`${field}.kind`, name, `may have mixed case, but should otherwise match: ${wrongKind.join(',')}`),
    )
  return errors
}

function matchResourcesErrors(resources: PlainObject, field: string): FieldError[] {
  const { matchPolicy, namespaceSelector, objectSelector, resourceRules, excludeResourceRules } = resources
  return [
    ...(matchPolicy === undefined
      ? [required(`${field}.matchPolicy`)]
      : oneOf(`${field}.matchPolicy`, matchPolicy, MATCH_POLICIES)),
    ...(namespaceSelector === undefined ? [required(`${field}.namespaceSelector`)] : selectorErrors(namespaceSelector, `${field}.namespaceSelector`)), // prettier-ignore
    ...(objectSelector === undefined
      ? [required(`${field}.objectSelector`)]
      : selectorErrors(objectSelector, `${field}.objectSelector`)),
    ...asList(resourceRules).flatMap((rule, i) => namedRuleErrors(rule, `${field}.resourceRules[${i}]`)),
    ...asList(excludeResourceRules).flatMap((rule, i) => namedRuleErrors(rule, `${field}.excludeResourceRules[${i}]`)),
  ]
}

function constraintErrors(spec: PlainObject): FieldError[] {
  const field = 'spec.matchConstraints'
  if (spec.matchConstraints === undefined) return [required(field)]
  const constraints = asObject(spec.matchConstraints)
  const errors = matchResourcesErrors(constraints, field)
  return asList(constraints.resourceRules).length === 0 ? [...errors, required(`${field}.resourceRules`)] : errors
}

const RESERVED =
  /^(true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void|while)$/

/** The variables' errors, and the type of `variables` for what comes after them. */
function variableErrors(
  spec: PlainObject,
  params: boolean,
  patch: boolean,
): { errors: FieldError[]; variables: Types } {
  const variables: Types = {}
  const errors = asList(spec.variables).flatMap((variable, i) => {
    const field = `spec.variables[${i}]`
    const name = textOf(variable.name)
    const expression = textOf(variable.expression)
    const wrong: FieldError[] = []
    if (name.trim() === '') wrong.push(required(`${field}.name`, 'name is not specified'))
    else if (!/^[_a-zA-Z]\w*$/.test(name) || RESERVED.test(name))
      wrong.push(invalid(`${field}.name`, name, 'name is not a valid CEL identifier'))
    if (expression.trim() === '') return [...wrong, required(`${field}.expression`, 'expression is not specified')]
    const types = admissionTypes({ params, variables: { ...variables }, patch })
    const compiled = compileCel(expression, { variables: [], types })
    variables[name] = 'program' in compiled ? compiled.program.resultType : DYN
    return [...wrong, ...celErrors(expression, types, [], `${field}.expression`)]
  })
  return { errors, variables }
}

function validationErrors(one: PlainObject, i: number, types: Types, messageTypes: Types): FieldError[] {
  const field = `spec.validations[${i}]`
  const expression = textOf(one.expression)
  const message = textOf(one.message)
  const messageExpression = textOf(one.messageExpression)
  const errors = expression.trim() === '' ? [required(`${field}.expression`, 'expression is not specified')] : celErrors(expression, types, ['bool'], `${field}.expression`) // prettier-ignore
  if (messageExpression !== '' && messageExpression.trim() === '')
    errors.push(invalid(`${field}.messageExpression`, messageExpression, 'must be non-empty if specified'))
  else if (messageExpression !== '')
    errors.push(...celErrors(messageExpression, messageTypes, ['string'], `${field}.messageExpression`))
  if (message !== '' && message.trim() === '')
    errors.push(invalid(`${field}.message`, message, 'message must be non-empty if specified'))
  else if (/[\n\r]/.test(message.trim()))
    errors.push(invalid(`${field}.message`, message, 'message must not contain line breaks'))
  return [...errors, ...oneOfIfSet(`${field}.reason`, one.reason, REASONS)]
}

function auditErrors(spec: PlainObject, name: string, types: Types): FieldError[] {
  const all = asList(spec.auditAnnotations)
  const keys = all.map(({ key }) => textOf(key))
  const many = all.length > MAX_ANNOTATIONS ? [invalid('spec.auditAnnotations', all, `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`)] : [] // prettier-ignore
  return [
    ...many,
    ...all.flatMap((one, i) => {
      const field = `spec.auditAnnotations[${i}]`
      const value = textOf(one.valueExpression).trim()
      const key = keys[i] ?? ''
      return [
        ...invalidAll(`${field}.key`, `${name}/${key}`, labelKeyErrors(`${name}/${key}`)),
        ...(value === ''
          ? [required(`${field}.valueExpression`, 'valueExpression is not specified')]
          : celErrors(value, types, ['string', 'null'], `${field}.valueExpression`)),
        ...(keys.indexOf(key) < i ? [duplicate(`${field}.key`, key)] : []),
      ]
    }),
  ]
}

function commonPolicyErrors(spec: PlainObject, conditions: boolean): FieldError[] {
  const { failurePolicy, paramKind } = spec
  return [
    ...(failurePolicy === undefined
      ? [required('spec.failurePolicy')]
      : oneOf('spec.failurePolicy', failurePolicy, FAILURE_POLICIES)),
    ...(paramKind === undefined ? [] : paramKindErrors(asObject(paramKind), 'spec.paramKind')),
    ...constraintErrors(spec),
    ...(conditions
      ? conditionErrors(asList(spec.matchConditions), paramKind !== undefined, 'spec.matchConditions')
      : []),
  ]
}

const keepsConditions = (spec: PlainObject, old: PlainObject | undefined): boolean =>
  old !== undefined &&
  semanticEqual(spec.paramKind, old.paramKind) &&
  semanticEqual(spec.matchConditions, old.matchConditions)

const EMPTY = 'validations or auditAnnotations must contain at least one item'

function policyErrors(object: PlainObject, old?: PlainObject): FieldError[] {
  const spec = asObject(object.spec)
  const params = spec.paramKind !== undefined
  const { errors, variables } = variableErrors(spec, params, false)
  const known = asList(spec.variables).length > 0 ? { variables } : {}
  const types = admissionTypes({ params, ...known })
  const messageTypes = admissionTypes({ params, authorizer: false, ...known })
  const isEmpty = asList(spec.validations).length === 0 && asList(spec.auditAnnotations).length === 0
  return [
    ...commonPolicyErrors(spec, !keepsConditions(spec, old && asObject(old.spec))),
    ...errors,
    ...(isEmpty ? [required('spec.validations', EMPTY), required('spec.auditAnnotations', EMPTY)] : []),
    ...asList(spec.validations).flatMap((one, i) => validationErrors(one, i, types, messageTypes)),
    ...auditErrors(spec, textOf(asObject(object.metadata).name), types),
  ]
}

export const validateValidatingPolicy: Validate = (object) => policyErrors(object)
export const validateValidatingPolicyUpdate: ValidateUpdate = policyErrors

function mutationErrors(mutation: PlainObject, i: number, types: Types): FieldError[] {
  const field = `spec.mutations[${i}]`
  const { patchType, applyConfiguration, jsonPatch } = mutation
  const patches = ['ApplyConfiguration', 'JSONPatch']
  if (patchType === undefined || patchType === '') return [required(`${field}.patchType`)]
  if (!patches.includes(textOf(patchType))) return [notSupported(`${field}.patchType`, patchType, patches)]
  const isApply = patchType === 'ApplyConfiguration'
  const own = isApply ? 'applyConfiguration' : 'jsonPatch'
  const other = isApply ? 'jsonPatch' : 'applyConfiguration'
  const errors: FieldError[] = []
  if ((isApply ? jsonPatch : applyConfiguration) !== undefined)
    errors.push(invalid(`${field}.${other}`, asObject(isApply ? jsonPatch : applyConfiguration), `must not be set when patchType is ${textOf(patchType)}`)) // prettier-ignore
  const value = isApply ? applyConfiguration : jsonPatch
  if (value === undefined)
    return [...errors, required(`${field}.${own}`, `${own} must be specified when patchType is ${textOf(patchType)}`)]
  const expression = textOf(asObject(value).expression)
  if (expression.trim() === '')
    return [...errors, required(`${field}.${own}.expression`, 'expression is not specified')]
  return [
    ...errors,
    ...celErrors(expression, types, isApply ? ['Object'] : ['list(JSONPatch)'], `${field}.${own}.expression`),
  ]
}

function mutatingErrors(object: PlainObject, old?: PlainObject): FieldError[] {
  const spec = asObject(object.spec)
  const params = spec.paramKind !== undefined
  const { errors, variables } = variableErrors(spec, params, true)
  const types = admissionTypes({ params, patch: true, ...(asList(spec.variables).length > 0 && { variables }) })
  const mutations = asList(spec.mutations)
  return [
    ...commonPolicyErrors(spec, !keepsConditions(spec, old && asObject(old.spec))),
    ...errors,
    ...(mutations.length === 0 ? [required('spec.mutations', 'mutations must contain at least one item')] : []),
    ...mutations.flatMap((mutation, i) => mutationErrors(mutation, i, types)),
    ...(spec.reinvocationPolicy === undefined || spec.reinvocationPolicy === ''
      ? [required('spec.reinvocationPolicy')]
      : oneOf('spec.reinvocationPolicy', spec.reinvocationPolicy, REINVOCATIONS)),
  ]
}

export const validateMutatingPolicy: Validate = (object) => mutatingErrors(object)
export const validateMutatingPolicyUpdate: ValidateUpdate = mutatingErrors

const EXCLUSIVE = 'name and selector are mutually exclusive'

function paramRefErrors(ref: PlainObject, field: string): FieldError[] {
  const name = textOf(ref.name)
  const { selector, parameterNotFoundAction } = ref
  const both = name !== '' && selector !== undefined
  return [
    ...(name === '' ? [] : invalidAll(`${field}.name`, name, pathSegmentName(name))),
    ...(both ? [forbidden(`${field}.name`, EXCLUSIVE)] : []),
    ...(selector === undefined ? [] : selectorErrors(selector, `${field}.selector`)),
    ...(both ? [forbidden(`${field}.selector`, EXCLUSIVE)] : []),
    ...(name === '' && selector === undefined ? [required(field, 'one of name or selector must be specified')] : []),
    ...(parameterNotFoundAction === undefined || parameterNotFoundAction === ''
      ? [required(`${field}.parameterNotFoundAction`)]
      : oneOf(`${field}.parameterNotFoundAction`, parameterNotFoundAction, ['Deny', 'Allow'])),
  ]
}

const BOTH =
  'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'

function actionErrors(actions: string[], field: string): FieldError[] {
  return [
    ...actions.flatMap((action, i) => [
      ...oneOf(`${field}[${i}]`, action, ACTIONS),
      ...(actions.indexOf(action) < i ? [duplicate(`${field}[${i}]`, action)] : []),
    ]),
    ...(actions.includes('Deny') && actions.includes('Warn') ? [invalid(field, actions, BOTH)] : []),
    ...(actions.length === 0 ? [required(field, 'at least one validation action is required')] : []),
  ]
}

/** A binding: of a mutating policy it has no actions. The misspelt field is upstream's. */
export const validatePolicyBinding =
  (mutating: boolean): Validate =>
  (object) => {
    const spec = asObject(object.spec)
    const name = textOf(spec.policyName)
    const { paramRef, matchResources } = spec
    return [
      ...(name === '' ? [required('spec.policyName')] : invalidAll('spec.policyName', name, dns1123Subdomain(name))),
      ...(paramRef === undefined ? [] : paramRefErrors(asObject(paramRef), 'spec.paramRef')),
      ...(matchResources === undefined ? [] : matchResourcesErrors(asObject(matchResources), 'spec.matchResouces')),
      ...(mutating ? [] : actionErrors(texts(spec.validationActions), 'spec.validationActions')),
    ]
  }
