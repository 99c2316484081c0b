import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { deepEqual, semanticEqual } from '../equal.ts'
import { labelKeyErrors, labelValueErrors } from '../selectors.ts'
import {
  containerErrors,
  ephemeralContainerErrors,
  hostNetworkErrors,
  initContainerErrors,
  paddedImageErrors,
} from './containers.ts'
import type { PodFacts } from './containers.ts'
import { duplicate, forbidden, invalid, invalidAll, notSupported, oneOf, oneOfIfSet, required } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { minorIn } from './go-values.ts'
import { ipErrors } from './ips.ts'
import { labelErrors } from './metadata.ts'
import { dns1123Label, dns1123Subdomain, underscoreSubdomain } from './names.ts'
import { hostProcessErrors, hostUsersErrors, osErrors, podSecurityErrors } from './pod-security.ts'
import { podResourceErrors, resourceErrors } from './resources.ts'
import { selectorErrors } from './selectors.ts'
import { specDiff } from './spec-diff.ts'
import { volumeErrors } from './volumes.ts'
import { MIRROR } from '../meta.ts'

const restartPolicies = ['Always', 'OnFailure', 'Never']
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
const MAX_INT32 = 2147483647

function operatorErrors(toleration: PlainObject, at: string): FieldError[] {
  const { operator, value } = toleration
  if (operator === undefined || operator === '' || operator === 'Equal') {
    return invalidAll(`${at}.operator`, value ?? '', labelValueErrors(String(value ?? '')))
  }
  if (operator !== 'Exists') return [notSupported(`${at}.operator`, operator, ['Equal', 'Exists'])]
  return value ? [invalid(`${at}.operator`, toleration, "value must be empty when `operator` is 'Exists'")] : []
}

/** Models ValidateTolerations. */
export function tolerationErrors(list: PlainObject[], field: string): FieldError[] {
  return list.flatMap((toleration, i) => {
    const at = `${field}[${i}]`
    const { key, operator, effect } = toleration
    const errors: FieldError[] = []
    if (key) errors.push(...invalidAll(`${at}.key`, key, labelKeyErrors(String(key))))
    else if (operator !== 'Exists') {
      errors.push(
        invalid(
          `${at}.operator`,
          operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      )
    }
    if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') {
      errors.push(invalid(`${at}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    }
    errors.push(...operatorErrors(toleration, at))
    if (effect && !taintEffects.includes(String(effect)))
      errors.push(notSupported(`${at}.effect`, effect, taintEffects))
    return errors
  })
}

const actions = ['DoNotSchedule', 'ScheduleAnyway']
const inclusions = ['Honor', 'Ignore']

function spreadNumberErrors(one: PlainObject, at: string): FieldError[] {
  const { minDomains, whenUnsatisfiable: action } = one
  const errors: FieldError[] = []
  if (typeof minDomains === 'number' && minDomains <= 0)
    errors.push(invalid(`${at}.minDomains`, minDomains, 'must be greater than zero'))
  if (minDomains !== undefined && action !== 'DoNotSchedule') {
    const text = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${String(action ?? '')}`
    errors.push(invalid(`${at}.minDomains`, minDomains, text))
  }
  return errors
}

const inclusionErrors = (field: string, policy: unknown): FieldError[] =>
  policy === undefined || inclusions.includes(String(policy)) ? [] : [notSupported(field, policy, inclusions)]

function spreadKeyErrors(one: PlainObject, at: string): FieldError[] {
  const keys = (one.matchLabelKeys as string[] | undefined) ?? []
  if (keys.length === 0) return []
  const selector = one.labelSelector
  const { matchLabels, matchExpressions } = asObject(selector)
  const known = new Set([...Object.keys(asObject(matchLabels)), ...asList(matchExpressions).map(({ key }) => key)])
  const missing = selector === undefined ? [forbidden(at, 'must not be specified when labelSelector is not set')] : []
  return [
    ...missing,
    ...keys.flatMap((key, i) => [
      ...invalidAll(`${at}[${i}]`, key, labelKeyErrors(key)),
      ...(known.has(key) ? [invalid(`${at}[${i}]`, key, 'exists in both matchLabelKeys and labelSelector')] : []),
    ]),
  ]
}

/** Models validateTopologySpreadConstraints. */
function spreadErrors(list: PlainObject[], field: string): FieldError[] {
  return list.flatMap((one, i) => {
    const at = `${field}[${i}]`
    const { maxSkew, topologyKey, whenUnsatisfiable: action } = one
    const again = list
      .slice(i + 1)
      .some((next) => next.topologyKey === topologyKey && next.whenUnsatisfiable === action)
    const pair = `{${String(topologyKey ?? '')}, ${String(action ?? '')}}`
    return [
      ...(Number(maxSkew ?? 0) > 0 ? [] : [invalid(`${at}.maxSkew`, maxSkew ?? 0, 'must be greater than zero')]),
      ...(topologyKey ? [] : [required(`${at}.topologyKey`, 'can not be empty')]),
      ...(actions.includes(String(action)) ? [] : [notSupported(`${at}.whenUnsatisfiable`, action ?? '', actions)]),
      ...(again ? [duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair)] : []),
      ...spreadNumberErrors(one, at),
      ...inclusionErrors(`${at}.nodeAffinityPolicy`, one.nodeAffinityPolicy),
      ...inclusionErrors(`${at}.nodeTaintsPolicy`, one.nodeTaintsPolicy),
      ...spreadKeyErrors(one, `${at}.matchLabelKeys`),
      ...selectorErrors(one.labelSelector, `${at}.labelSelector`),
    ]
  })
}

function operatorNeeds(operator: string, values: unknown[], at: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0 ? [] : [required(at, "must be specified when `operator` is 'In' or 'NotIn'")]
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    case 'Gt':
    case 'Lt':
      return values.length === 1 ? [] : [required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
    default:
      return [invalid(at.replace(/values$/, 'operator'), operator, 'not a valid selector operator')]
  }
}

function fieldTermErrors(one: PlainObject, at: string): FieldError[] {
  const values = (one.values as string[] | undefined) ?? []
  const operator = String(one.operator ?? '')
  const errors: FieldError[] = []
  if (operator !== 'In' && operator !== 'NotIn')
    errors.push(invalid(`${at}.operator`, operator, 'not a valid selector operator'))
  else if (values.length !== 1)
    errors.push(
      required(`${at}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
    )
  if (one.key !== 'metadata.name')
    return [...errors, invalid(`${at}.key`, one.key ?? '', 'not a valid field selector key')]
  return [...errors, ...values.flatMap((value, i) => invalidAll(`${at}.values[${i}]`, value, dns1123Subdomain(value)))]
}

/** Models ValidateNodeSelectorTerm; preferred terms may hold values that no label has. */
function nodeTermErrors(term: PlainObject, field: string, isRequired: boolean): FieldError[] {
  const expressions = asList(term.matchExpressions).flatMap((one, i) => {
    const at = `${field}.matchExpressions[${i}]`
    const values = (one.values as string[] | undefined) ?? []
    return [
      ...operatorNeeds(String(one.operator ?? ''), values, `${at}.values`),
      ...invalidAll(`${at}.key`, one.key ?? '', labelKeyErrors(String(one.key ?? ''))),
      ...(isRequired
        ? values.flatMap((value, j) => invalidAll(`${at}.values[${j}]`, value, labelValueErrors(String(value))))
        : []),
    ]
  })
  const fields = asList(term.matchFields).flatMap((one, i) => fieldTermErrors(one, `${field}.matchFields[${i}]`))
  return [...expressions, ...fields]
}

const REQUIRED_TERMS = 'requiredDuringSchedulingIgnoredDuringExecution'
const PREFERRED_TERMS = 'preferredDuringSchedulingIgnoredDuringExecution'

function nodeAffinityErrors(affinity: PlainObject, field: string): FieldError[] {
  const needed = affinity[REQUIRED_TERMS]
  const errors: FieldError[] = []
  if (needed !== undefined) {
    const at = `${field}.${REQUIRED_TERMS}.nodeSelectorTerms`
    const terms = asList(asObject(needed).nodeSelectorTerms)
    if (terms.length === 0) errors.push(required(at, 'must have at least one node selector term'))
    errors.push(...terms.flatMap((term, i) => nodeTermErrors(term, `${at}[${i}]`, true)))
  }
  return [
    ...errors,
    ...asList(affinity[PREFERRED_TERMS]).flatMap((one, i) => {
      const at = `${field}.${PREFERRED_TERMS}[${i}]`
      return [...weightErrors(one, at), ...nodeTermErrors(asObject(one.preference), `${at}.preference`, false)]
    }),
  ]
}

function weightErrors(one: PlainObject, at: string): FieldError[] {
  const weight = Number(one.weight ?? 0)
  return weight >= 1 && weight <= 100 ? [] : [invalid(`${at}.weight`, weight, 'must be in the range 1-100')]
}

function labelKeysErrors(keys: string[], selector: unknown, at: string): FieldError[] {
  if (keys.length === 0) return []
  if (selector === undefined) return [forbidden(at, 'must not be specified when labelSelector is not set')]
  return keys.flatMap((key, i) => invalidAll(`${at}[${i}]`, key, labelKeyErrors(key)))
}

/** Models validatePodAffinityTerm. */
function podTermErrors(term: PlainObject, at: string): FieldError[] {
  const { labelSelector, namespaceSelector } = term
  const [match, mismatch] = [term.matchLabelKeys, term.mismatchLabelKeys].map(
    (keys) => (keys as string[] | undefined) ?? [],
  )
  const topologyKey = String(term.topologyKey ?? '')
  const both = match!.flatMap((key, i) =>
    mismatch!.includes(key)
      ? [invalid(`${at}.matchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys')]
      : [],
  )
  return [
    ...selectorErrors(labelSelector, `${at}.labelSelector`),
    ...selectorErrors(namespaceSelector, `${at}.namespaceSelector`),
    ...((term.namespaces as string[] | undefined) ?? []).flatMap((name) =>
      invalidAll(`${at}.namespace`, name, dns1123Label(name)),
    ),
    ...labelKeysErrors(match!, labelSelector, `${at}.matchLabelKeys`),
    ...labelKeysErrors(mismatch!, labelSelector, `${at}.mismatchLabelKeys`),
    ...both,
    ...(topologyKey === '' ? [required(`${at}.topologyKey`, 'can not be empty')] : []),
    ...invalidAll(`${at}.topologyKey`, topologyKey, labelKeyErrors(topologyKey)),
  ]
}

function podAffinityErrors(affinity: PlainObject, field: string): FieldError[] {
  return [
    ...asList(affinity[REQUIRED_TERMS]).flatMap((term, i) => podTermErrors(term, `${field}.${REQUIRED_TERMS}[${i}]`)),
    ...asList(affinity[PREFERRED_TERMS]).flatMap((one, i) => [
      ...weightErrors(one, `${field}.${PREFERRED_TERMS}[${i}]`),
      ...podTermErrors(asObject(one.podAffinityTerm), `${field}.${PREFERRED_TERMS}[${i}].podAffinityTerm`),
    ]),
  ]
}

function affinityErrors(affinity: PlainObject, field: string): FieldError[] {
  return [
    ...nodeAffinityErrors(asObject(affinity.nodeAffinity), `${field}.nodeAffinity`),
    ...podAffinityErrors(asObject(affinity.podAffinity), `${field}.podAffinity`),
    ...podAffinityErrors(asObject(affinity.podAntiAffinity), `${field}.podAntiAffinity`),
  ]
}

function deadlineErrors(spec: PlainObject, field: string): FieldError[] {
  const seconds = spec.activeDeadlineSeconds
  if (typeof seconds !== 'number' || (seconds >= 1 && seconds <= MAX_INT32)) return []
  return [invalid(`${field}.activeDeadlineSeconds`, seconds, `must be between 1 and ${MAX_INT32}, inclusive`)]
}

const nameErrors = (spec: PlainObject, field: string, name: string, rule: (value: string) => string[]): FieldError[] =>
  spec[name] ? invalidAll(`${field}.${name}`, spec[name], rule(String(spec[name]))) : []

function hostAliasErrors(list: PlainObject[], field: string, ctx: ValidationContext): FieldError[] {
  return list.flatMap((alias, i) => [
    ...ipErrors(`${field}[${i}].ip`, String(alias.ip ?? ''), ctx),
    ...((alias.hostnames as string[] | undefined) ?? []).flatMap((name, j) =>
      invalidAll(`${field}[${i}].hostnames[${j}]`, name, dns1123Subdomain(name)),
    ),
  ])
}

const MAX_NAMESERVERS = 3
const MAX_SEARCHES = 32
const MAX_SEARCH_CHARACTERS = 2048
/** Underscores in search domains are let through from this minor on. */
const RELAXED_SEARCH_SINCE = 33

function searchErrors(searches: string[], at: string, ctx: ValidationContext): FieldError[] {
  const relaxed = minorIn(ctx) >= RELAXED_SEARCH_SINCE
  const errors: FieldError[] = []
  if (searches.length > MAX_SEARCHES)
    errors.push(invalid(at, searches, `must not have more than ${MAX_SEARCHES} search paths`))
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS) {
    const text = `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`
    errors.push(invalid(at, searches, text))
  }
  const rule = relaxed ? underscoreSubdomain : dns1123Subdomain
  const each = searches.flatMap((search, i) => {
    if (relaxed && search === '.') return []
    const name = search.replace(/\.$/, '')
    return invalidAll(`${at}[${i}]`, name, rule(name))
  })
  return [...errors, ...each]
}

/** Models validatePodDNSConfig. */
function dnsConfigErrors(spec: PlainObject, at: string, ctx: ValidationContext): FieldError[] {
  const config = asObject(spec.dnsConfig)
  const servers = (config.nameservers as string[] | undefined) ?? []
  if (spec.dnsPolicy === 'None' && spec.dnsConfig === undefined)
    return [required(at, 'must provide `dnsConfig` when `dnsPolicy` is None')]
  if (spec.dnsPolicy === 'None' && servers.length === 0)
    return [required(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
  const many = `must not have more than ${MAX_NAMESERVERS} nameservers`
  return [
    ...(servers.length > MAX_NAMESERVERS ? [invalid(`${at}.nameservers`, servers, many)] : []),
    ...servers.flatMap((server, i) => ipErrors(`${at}.nameservers[${i}]`, server, ctx)),
    ...searchErrors((config.searches as string[] | undefined) ?? [], `${at}.searches`, ctx),
    ...asList(config.options).flatMap(({ name }, i) =>
      name ? [] : [required(`${at}.options[${i}]`, 'must not be empty')],
    ),
  ]
}

/** Models validatePodResourceClaims. */
function podClaimErrors(claims: PlainObject[], field: string): FieldError[] {
  const seen = new Set<unknown>()
  return claims.flatMap((claim, i) => {
    const at = `${field}[${i}]`
    const { name, resourceClaimName: own, resourceClaimTemplateName: template } = claim
    const errors: FieldError[] = []
    if (!name) errors.push(required(`${at}.name`))
    else if (seen.has(name)) errors.push(duplicate(`${at}.name`, name))
    else errors.push(...invalidAll(`${at}.name`, name, dns1123Label(String(name))))
    seen.add(name)
    if (own !== undefined && template !== undefined)
      errors.push(
        invalid(at, claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'),
      )
    if (own === undefined && template === undefined)
      errors.push(invalid(at, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'))
    return [
      ...errors,
      ...nameErrors(claim, at, 'resourceClaimName', dns1123Subdomain),
      ...nameErrors(claim, at, 'resourceClaimTemplateName', dns1123Subdomain),
    ]
  })
}

function gateNameErrors(gates: PlainObject[], field: string): FieldError[] {
  const seen = new Set<unknown>()
  return gates.flatMap(({ name }, i) => {
    const errors = invalidAll(`${field}[${i}]`, name ?? '', labelKeyErrors(String(name ?? '')))
    const again = seen.has(name) ? [duplicate(`${field}[${i}]`, name ?? '')] : []
    seen.add(name)
    return [...errors, ...again]
  })
}

const readinessErrors = (gates: PlainObject[], field: string): FieldError[] =>
  gates.flatMap(({ conditionType: type }, i) =>
    invalidAll(`${field}[${i}].conditionType`, type ?? '', labelKeyErrors(String(type ?? ''))),
  )

/** Models ValidatePodSpec. `podName` is that of a pod: templates have none. */
export function podSpecErrors(
  spec: PlainObject,
  field: string,
  ctx: ValidationContext,
  podName?: string,
): FieldError[] {
  const isPod = field === 'spec'
  const { errors, valid } = volumeErrors(asList(spec.volumes), `${field}.volumes`, {
    isPod,
    ...(podName === undefined ? {} : { podName }),
  })
  const claims = asList(spec.resourceClaims)
  const grace = spec.terminationGracePeriodSeconds
  const facts: PodFacts = {
    volumes: valid,
    claims: claims.map(({ name }) => String(name ?? '')).filter((name) => name !== ''),
    restartPolicy: spec.restartPolicy,
    hostUsers: spec.hostUsers !== false,
    ...(typeof grace === 'number' ? { gracePeriod: grace } : {}),
  }
  return [
    ...errors,
    ...podClaimErrors(claims, `${field}.resourceClaims`),
    ...allContainerErrors(spec, field, facts, ctx),
    ...podResourceErrors(spec.resources, `${field}.resources`),
    ...hostNetworkErrors(spec, field, isPod),
    ...oneOf(`${field}.restartPolicy`, spec.restartPolicy, restartPolicies),
    ...oneOf(`${field}.dnsPolicy`, spec.dnsPolicy, dnsPolicies),
    ...labelErrors(`${field}.nodeSelector`, spec.nodeSelector),
    ...podSecurityErrors(spec, `${field}.securityContext`),
    ...affinityErrors(asObject(spec.affinity), `${field}.affinity`),
    ...dnsConfigErrors(spec, `${field}.dnsConfig`, ctx),
    ...readinessErrors(asList(spec.readinessGates), `${field}.readinessGates`),
    ...gateNameErrors(asList(spec.schedulingGates), `${field}.schedulingGates`),
    ...spreadErrors(asList(spec.topologySpreadConstraints), `${field}.topologySpreadConstraints`),
    ...hostProcessErrors(spec, field),
    ...hostUsersErrors(spec, field),
    ...scalarErrors(spec, field, ctx),
    ...osErrors(spec, field),
  ]
}

function allContainerErrors(spec: PlainObject, field: string, facts: PodFacts, ctx: ValidationContext): FieldError[] {
  const [containers, inits] = [asList(spec.containers), asList(spec.initContainers)]
  const ephemeral = asList(spec.ephemeralContainers)
  return [
    ...containerErrors(containers, `${field}.containers`, facts, ctx),
    ...initContainerErrors(inits, containers, `${field}.initContainers`, facts, ctx),
    ...ephemeralContainerErrors(ephemeral, [...containers, ...inits], `${field}.ephemeralContainers`),
  ]
}

/** The rest of the fields, in upstream's order. */
function scalarErrors(spec: PlainObject, field: string, ctx: ValidationContext): FieldError[] {
  const { preemptionPolicy, overhead } = spec
  return [
    ...nameErrors(spec, field, 'serviceAccountName', dns1123Subdomain),
    ...nameErrors(spec, field, 'nodeName', dns1123Subdomain),
    ...deadlineErrors(spec, field),
    ...nameErrors(spec, field, 'hostname', dns1123Label),
    ...nameErrors(spec, field, 'subdomain', dns1123Label),
    ...tolerationErrors(asList(spec.tolerations), `${field}.tolerations`),
    ...hostAliasErrors(asList(spec.hostAliases), `${field}.hostAliases`, ctx),
    ...nameErrors(spec, field, 'priorityClassName', dns1123Subdomain),
    ...(spec.runtimeClassName === undefined
      ? []
      : invalidAll(
          `${field}.runtimeClassName`,
          spec.runtimeClassName,
          dns1123Subdomain(String(spec.runtimeClassName)),
        )),
    ...oneOfIfSet(`${field}.preemptionPolicy`, preemptionPolicy, ['PreemptLowerPriority', 'Never']),
    ...(overhead === undefined ? [] : resourceErrors({ limits: overhead }, `${field}.overhead`)),
  ]
}

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'

/** Models ValidatePodSpecificAnnotations. Not modelled: seccomp's and AppArmor's old annotations. */
export function podAnnotationErrors(annotations: PlainObject, spec: PlainObject, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (annotations[MIRROR] !== undefined && !spec.nodeName) {
    const text = 'must set spec.nodeName if mirror pod annotation is set'
    errors.push(invalid(`${field}[${MIRROR}]`, annotations[MIRROR], text))
  }
  const cost = annotations[DELETION_COST]
  const isNumber = /^(0|-?[1-9]\d*)$/.test(String(cost)) && Math.abs(Number(cost)) <= MAX_INT32
  if (cost === undefined || isNumber) return errors
  return [...errors, invalid(`${field}[${DELETION_COST}]`, cost, 'must be a 32bit integer')]
}

/** Models validatePodMetadataAndSpec, without the metadata that all kinds have. */
function podErrors(pod: PlainObject, ctx: ValidationContext): FieldError[] {
  const spec = asObject(pod.spec)
  const { name, annotations } = asObject(pod.metadata)
  return [
    ...podAnnotationErrors(asObject(annotations), spec, 'metadata.annotations'),
    ...podSpecErrors(spec, 'spec', ctx, typeof name === 'string' ? name : undefined),
    ...paddedImageErrors(asList(spec.containers), 'spec.containers'),
    ...paddedImageErrors(asList(spec.initContainers), 'spec.initContainers'),
  ]
}

/** Models ValidatePodCreate; on updates, those of the new pod as a whole. */
export function validatePod(pod: PlainObject, ctx: ValidationContext): FieldError[] {
  const spec = asObject(pod.spec)
  const errors = podErrors(pod, ctx)
  if (ctx.isUpdate) return errors
  if (asList(spec.ephemeralContainers).length > 0)
    errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'))
  if (spec.nodeName && asList(spec.schedulingGates).length > 0)
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'))
  return errors
}

const UPDATE_TEXT =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

function deadlineUpdate(spec: PlainObject, old: PlainObject): FieldError[] {
  const [now, before] = [spec.activeDeadlineSeconds, old.activeDeadlineSeconds]
  const field = 'spec.activeDeadlineSeconds'
  if (typeof now === 'number' && (now < 0 || now > MAX_INT32)) {
    return [invalid(field, now, `must be between 0 and ${MAX_INT32}, inclusive`)]
  }
  if (typeof before !== 'number') return []
  if (typeof now !== 'number')
    return [{ ...invalid(field, null, 'must not update from a positive integer to nil value'), shown: '"null"' }]
  return now > before ? [invalid(field, now, 'must be less than or equal to previous value')] : []
}

/** Existing tolerations stay, but for their tolerationSeconds; new ones may be added. */
function tolerationUpdate(spec: PlainObject, old: PlainObject): FieldError[] {
  const bare = ({ tolerationSeconds: _, ...rest }: PlainObject) => rest
  const now = asList(spec.tolerations)
  const kept = asList(old.tolerations).every((one) => now.some((next) => deepEqual(bare(one), bare(next))))
  return kept
    ? []
    : [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
}

function withImages(list: unknown, old: unknown): PlainObject[] | undefined {
  if (!Array.isArray(list)) return undefined
  const before = asList(old)
  return asList(list).map((container, i) => ({ ...container, image: before[i]?.image }))
}

/** The new spec with what may change put back: what differs now is forbidden. */
function mungedSpec(spec: PlainObject, old: PlainObject): PlainObject {
  const munged: PlainObject = {
    ...spec,
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    tolerations: old.tolerations,
  }
  munged.containers = withImages(spec.containers, old.containers)
  munged.initContainers = withImages(spec.initContainers, old.initContainers)
  const grace = old.terminationGracePeriodSeconds
  if (typeof grace === 'number' && grace < 0 && spec.terminationGracePeriodSeconds === 1)
    munged.terminationGracePeriodSeconds = grace
  if (asList(old.schedulingGates).length > 0) Object.assign(munged, gatedChanges(old))
  return munged
}

/** While a pod is gated its scheduling may still be narrowed and gates be taken away. */
const gatedChanges = (old: PlainObject): PlainObject => ({
  schedulingGates: old.schedulingGates,
  nodeSelector: old.nodeSelector,
  affinity: old.affinity,
})

function gateErrors(spec: PlainObject, old: PlainObject): FieldError[] {
  const known = asList(old.schedulingGates).map((gate) => gate.name)
  return asList(spec.schedulingGates).flatMap(({ name }, i) => {
    const text = `only deletion is allowed, but found new scheduling gate '${String(name)}'`
    return known.includes(name) ? [] : [forbidden(`spec.schedulingGates[${i}].name`, text)]
  })
}

function imageUpdate(spec: PlainObject, old: PlainObject): FieldError[] {
  if (asList(spec.containers).length !== asList(old.containers).length) {
    return [forbidden('spec.containers', 'pod updates may not add or remove containers')]
  }
  return asList(spec.containers)
    .map((container, i) => [container, i] as const)
    .filter(([container]) => !container.image)
    .map(([, i]) => required(`spec.containers[${i}].image`))
}

/** Models ValidatePodUpdate; the subresources that change a pod differently are let through. */
export function validatePodUpdate(pod: PlainObject, oldPod: PlainObject, ctx: ValidationContext): FieldError[] {
  if (ctx.subresource !== undefined && ctx.subresource !== '') return []
  const spec = asObject(pod.spec)
  const old = asObject(oldPod.spec)
  if (spec === old) return []
  const counts = imageUpdate(spec, old)
  if (counts.length > 0) return counts
  const errors = [...deadlineUpdate(spec, old), ...tolerationUpdate(spec, old), ...gateErrors(spec, old)]
  if (errors.length > 0) return errors
  const munged = mungedSpec(spec, old)
  if (semanticEqual(munged, old)) return []
  return [forbidden('spec', `${UPDATE_TEXT}\n${specDiff('PodSpec', old, munged, ctx)}`)]
}
