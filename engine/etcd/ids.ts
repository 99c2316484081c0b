/** Member and cluster ids as server/etcdserver/api/membership (computeMemberID, genID) makes them: hex of 64 bits, without leading zeros. */
import { sha1 } from '@noble/hashes/legacy.js'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

function idOf(bytes: Uint8Array): string {
  const hex = [...sha1(bytes).slice(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^0+(?=.)/, '')
}

/** `addedAtMs`: a member that is added at run time gets an id that no other addition would give it. */
export function memberIdOf(peerUrls: readonly string[], token: string, addedAtMs?: number): string {
  const added = addedAtMs === undefined ? '' : String(Math.floor(addedAtMs / 1000))
  return idOf(bytesOf([...peerUrls].sort().join('') + token + added))
}

export function clusterIdOf(memberIds: readonly string[]): string {
  return idOf(Uint8Array.from([...memberIds].sort(byId).flatMap((id) => bytesOfId(id))))
}

function bytesOfId(id: string): number[] {
  return (id.padStart(16, '0').match(/../g) ?? []).map((pair) => parseInt(pair, 16))
}

/** Ids in order of their number. */
export function byId(a: string, b: string): number {
  const [left, right] = [a.padStart(16, '0'), b.padStart(16, '0')]
  return left < right ? -1 : left > right ? 1 : 0
}

/** As alarms and JSON print it. */
export const decimalId = (id: string): string => BigInt(`0x${id}`).toString()
