/** Lease ids are hex on the command line. Ids that the engine grants have at most 48 bits. */
import { badArgs } from './exit.ts'

/** Throws with `prefix"text": invalid syntax), expecting ID in Hex` in Go's words. */
export function leaseIdOf(text: string, prefix: string): number {
  if (/^[0-9a-fA-F]{1,16}$/.test(text)) return Number(BigInt(`0x${text}`))
  throw badArgs(`${prefix}${JSON.stringify(text)}: invalid syntax), expecting ID in Hex`)
}

export const LEASE_ARG = 'bad lease ID arg (strconv.ParseInt: parsing '
