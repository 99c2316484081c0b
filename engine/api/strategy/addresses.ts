/** IPv4 addresses as numbers. */

export function parseIPv4(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return undefined
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0)
}

export function makeIPv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}

/** The first address and the size of a block. Throws on what is no IPv4 block. */
export function cidrRange(cidr: string): { base: number; size: number } {
  const [address = '', bits = ''] = cidr.split('/')
  const number = parseIPv4(address)
  if (number === undefined || !/^\d+$/.test(bits)) throw new Error(`not an IPv4 block: ${cidr}`)
  const size = 2 ** (32 - Number(bits))
  return { base: number - (number % size), size }
}
