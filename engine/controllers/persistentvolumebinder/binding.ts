/**
 * The four writes of a binding, one after the other: the volume's claimRef, its phase, the claim's volumeName,
 * its status. Models bind of pv_controller.go (S2).
 */
import { semanticEqual } from '../../objects/equal.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../objects/types.gen.ts'
import { boundClaim, boundVolume } from '../../objects/volume-match.ts'
import type { ApiWrite, Context, Settled, Write } from '../controller.ts'
import { CLAIMS, toPhase, updateClaim, updateVolume } from './lookup.ts'

interface Binding {
  volume: PersistentVolume
  claim: PersistentVolumeClaim
}

interface Memory {
  /** Bindings under way, by the claim's key. */
  bindings: Record<string, Binding>
  /** Volumes given to a claim (uid) whose cached image is still of this version. */
  taken: Record<string, { claim: string; version: string }>
}

const memoryOf = (context: Context): Memory => context.memory<Memory>(() => ({ bindings: {}, taken: {} }))

/** Begins a binding, or goes on with one that was interrupted. */
export function bind(context: Context, key: string, volume: PersistentVolume, claim: PersistentVolumeClaim): Write[] {
  const next = nextWrite({ volume, claim })
  if (next === undefined) return []
  const { bindings, taken } = memoryOf(context)
  bindings[key] = { volume, claim }
  taken[volume.metadata.name] = {
    claim: claim.metadata.uid ?? '',
    version: volume.metadata.resourceVersion ?? '',
  }
  return [next]
}

/** Goes on with the answers to the last write; a refused write ends the binding until the next pass. */
export function continueBinding(context: Context, key: string, { answers }: Settled): Write[] {
  const { bindings, taken } = memoryOf(context)
  const binding = bindings[key]
  const answer = answers[answers.length - 1]
  if (binding === undefined || answer === undefined) return []
  if (answer.code < 200 || answer.code >= 300) {
    delete bindings[key]
    delete taken[binding.volume.metadata.name]
    return []
  }
  if (answer.call.resource === CLAIMS) binding.claim = answer.body as PersistentVolumeClaim
  else binding.volume = answer.body as PersistentVolume
  const next = nextWrite(binding)
  if (next !== undefined) return [next]
  context.record('bound', { claim: key.slice('claim/'.length), volume: binding.volume.metadata.name })
  delete bindings[key]
  return []
}

/** Whether a volume was given to another claim by a write that the cache does not show yet. */
export function isTaken(context: Context, claim: PersistentVolumeClaim): (volume: PersistentVolume) => boolean {
  const { taken } = memoryOf(context)
  return ({ metadata }) => {
    const entry = taken[metadata.name]
    if (entry === undefined) return false
    if (entry.version === metadata.resourceVersion) return entry.claim !== claim.metadata.uid
    delete taken[metadata.name]
    return false
  }
}

function nextWrite({ volume, claim }: Binding): ApiWrite | undefined {
  const claimed = boundVolume(volume, claim)
  if (claimed !== volume) return updateVolume(claimed)
  const [phase] = toPhase(volume, 'Bound')
  if (phase !== undefined) return phase
  const chosen = boundClaim(claim, volume)
  if (chosen !== claim) return updateClaim(chosen)
  return claimStatus(claim, volume)
}

/** The claim's capacity is taken over when it becomes Bound; later its expansion decides. */
function claimStatus(claim: PersistentVolumeClaim, volume: PersistentVolume): ApiWrite | undefined {
  const becomes = claim.status?.phase !== 'Bound'
  const attributes = volume.spec?.volumeAttributesClassName
  const status = {
    ...claim.status,
    phase: 'Bound',
    accessModes: volume.spec?.accessModes,
    ...(becomes && { capacity: volume.spec?.capacity }),
    ...(becomes && attributes !== undefined && { currentVolumeAttributesClassName: attributes }),
  }
  return semanticEqual(status, claim.status) ? undefined : updateClaim({ ...claim, status }, 'status')
}
