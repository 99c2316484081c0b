import type { PlainObject } from '../decode.ts'
import { asList, asObject } from '../defaults/table.ts'
import { deepEqual, semanticEqual } from '../equal.ts'
import { labelKeyErrors, labelValueErrors } from '../selectors.ts'
import { containerErrors, ephemeralContainerErrors, imagePullSecretErrors, initContainerErrors } from './containers.ts'
import type { PodFacts } from './containers.ts'
import { forbidden, invalid, invalidAll, notSupported, oneOf, positive, required } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { labelErrors } from './metadata.ts'
import { dns1123Label, dns1123Subdomain, ipAddress } from './names.ts'
import { selectorErrors } from './selectors.ts'
import { specDiff } from './spec-diff.ts'
import { volumeErrors } from './volumes.ts'

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

function spreadErrors(list: PlainObject[], field: string): FieldError[] {
  return list.flatMap((one, i) => {
    const at = `${field}[${i}]`
    return [
      ...positive(`${at}.maxSkew`, one.maxSkew),
      ...(one.topologyKey ? [] : [required(`${at}.topologyKey`, 'can not be empty')]),
      ...oneOf(`${at}.whenUnsatisfiable`, one.whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']),
      ...selectorErrors(one.labelSelector, `${at}.labelSelector`),
    ]
  })
}

const termOperators = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']

function nodeTermErrors(term: PlainObject, field: string): FieldError[] {
  return asList(term.matchExpressions).flatMap((one, i) => {
    const at = `${field}.matchExpressions[${i}]`
    const operator = String(one.operator ?? '')
    const values = asList(one.values)
    const errors = termOperators.includes(operator)
      ? []
      : [invalid(`${at}.operator`, operator, 'not a valid selector operator')]
    if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
      errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
    }
    if ((operator === 'Gt' || operator === 'Lt') && values.length !== 1) {
      errors.push(required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"))
    }
    return [...errors, ...invalidAll(`${at}.key`, one.key ?? '', labelKeyErrors(String(one.key ?? '')))]
  })
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
    errors.push(...terms.flatMap((term, i) => nodeTermErrors(term, `${at}[${i}]`)))
  }
  return [
    ...errors,
    ...asList(affinity[PREFERRED_TERMS]).flatMap((one, i) => weightErrors(one, `${field}.${PREFERRED_TERMS}[${i}]`)),
  ]
}

function weightErrors(one: PlainObject, at: string): FieldError[] {
  const weight = Number(one.weight ?? 0)
  return weight >= 1 && weight <= 100 ? [] : [invalid(`${at}.weight`, weight, 'must be in the range 1-100')]
}

function podTermErrors(term: PlainObject, at: string): FieldError[] {
  const key = term.topologyKey ? [] : [required(`${at}.topologyKey`, 'can not be empty')]
  return [...selectorErrors(term.labelSelector, `${at}.labelSelector`), ...key]
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

function nameFieldErrors(spec: PlainObject, field: string): FieldError[] {
  const check = (name: string, rule: (value: string) => string[]): FieldError[] =>
    spec[name] ? invalidAll(`${field}.${name}`, spec[name], rule(String(spec[name]))) : []
  return [
    ...check('serviceAccountName', dns1123Subdomain),
    ...check('nodeName', dns1123Subdomain),
    ...check('hostname', dns1123Label),
    ...check('subdomain', dns1123Label),
    ...check('priorityClassName', dns1123Subdomain),
    ...check('runtimeClassName', dns1123Subdomain),
  ]
}

function hostAliasErrors(list: PlainObject[], field: string): FieldError[] {
  return list.flatMap((alias, i) => [
    ...invalidAll(`${field}[${i}].ip`, alias.ip ?? '', ipAddress(String(alias.ip ?? ''))),
    ...((alias.hostnames as string[] | undefined) ?? []).flatMap((name, j) =>
      invalidAll(`${field}[${i}].hostnames[${j}]`, name, dns1123Subdomain(name)),
    ),
  ])
}

function dnsErrors(spec: PlainObject, field: string): FieldError[] {
  const errors = oneOf(`${field}.dnsPolicy`, spec.dnsPolicy, dnsPolicies)
  const servers = asList(asObject(spec.dnsConfig).nameservers)
  if (spec.dnsPolicy === 'None' && servers.length === 0) {
    const text = 'must provide at least one DNS nameserver when `dnsPolicy` is None'
    errors.push(
      required(
        spec.dnsConfig === undefined ? `${field}.dnsConfig` : `${field}.dnsConfig.nameservers`,
        spec.dnsConfig === undefined ? 'must provide `dnsConfig` when `dnsPolicy` is None' : text,
      ),
    )
  }
  return errors
}

/** Models ValidatePodSpec. Not modelled: resource claims, pod-level resources, OS, Windows and seccomp rules. */
export function podSpecErrors(spec: PlainObject, field: string, ctx: ValidationContext): FieldError[] {
  const volumes = asList(spec.volumes)
  const facts: PodFacts = {
    volumeNames: new Set(volumes.map((volume) => volume.name)),
    hostNetwork: spec.hostNetwork === true,
  }
  const containers = asList(spec.containers)
  const inits = asList(spec.initContainers)
  return [
    ...volumeErrors(volumes, `${field}.volumes`),
    ...containerErrors(containers, `${field}.containers`, facts, ctx),
    ...initContainerErrors(inits, containers, `${field}.initContainers`, facts, ctx),
    ...ephemeralContainerErrors(
      asList(spec.ephemeralContainers),
      [...containers, ...inits],
      `${field}.ephemeralContainers`,
    ),
    ...oneOf(`${field}.restartPolicy`, spec.restartPolicy, restartPolicies),
    ...dnsErrors(spec, field),
    ...labelErrors(`${field}.nodeSelector`, spec.nodeSelector),
    ...imagePullSecretErrors(asList(spec.imagePullSecrets), `${field}.imagePullSecrets`),
    ...affinityErrors(asObject(spec.affinity), `${field}.affinity`),
    ...nameFieldErrors(spec, field),
    ...spreadErrors(asList(spec.topologySpreadConstraints), `${field}.topologySpreadConstraints`),
    ...deadlineErrors(spec, field),
    ...tolerationErrors(asList(spec.tolerations), `${field}.tolerations`),
    ...hostAliasErrors(asList(spec.hostAliases), `${field}.hostAliases`),
  ]
}

/** Models ValidatePodCreate. */
export function validatePod(pod: PlainObject, ctx: ValidationContext): FieldError[] {
  return podSpecErrors(asObject(pod.spec), 'spec', ctx)
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
  if (typeof now !== 'number') return [invalid(field, null, 'must not update from a positive integer to nil value')]
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
  return asList(spec.schedulingGates)
    .filter((gate) => !known.includes(gate.name))
    .map((gate) =>
      forbidden(
        'spec.schedulingGates',
        `only deletion is allowed, but found new scheduling gate '${String(gate.name)}'`,
      ),
    )
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
  return [forbidden('spec', `${UPDATE_TEXT}\n${specDiff(old, munged)}`)]
}
