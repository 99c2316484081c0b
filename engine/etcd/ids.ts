/** Member and cluster ids: 64 bits as 16 hex digits, made from names so that they are always the same. */
function hash32(text: string, basis: number): number {
  let hash = basis
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619)
  hash = Math.imul(hash ^ (hash >>> 15), 2246822519)
  return (hash ^ (hash >>> 13)) >>> 0
}

function hash64(text: string): string {
  const hex = (basis: number): string => hash32(text, basis).toString(16).padStart(8, '0')
  return hex(0x811c9dc5) + hex(0x9747b28c)
}

export function memberIdOf(name: string): string {
  return hash64(`member/${name}`)
}

export function clusterIdOf(memberIds: string[]): string {
  return hash64(`cluster/${[...memberIds].sort().join(',')}`)
}
