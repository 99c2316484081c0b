/** Names of the chains of one Service port. Models pkg/proxy/iptables portProtoHash, servicePortEndpointChainName (G3). */
import { sha256 } from '@noble/hashes/sha2.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const HASH_LENGTH = 16

function base32(bytes: Uint8Array, length: number): string {
  let [text, bits, buffer] = ['', 0, 0]
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5 && text.length < length) {
      bits -= 5
      text += ALPHABET[(buffer >> bits) & 31]
    }
  }
  return text
}

function hash(text: string): string {
  return base32(sha256(Uint8Array.from(text, (letter) => letter.charCodeAt(0))), HASH_LENGTH)
}

/** `KUBE-SVC-NPX46M4PTMTKRN6Y`; `name` is `namespace/name[:port]`, the protocol in lower case. */
export function serviceChain(kind: 'SVC' | 'SVL' | 'EXT', name: string, protocol: string): string {
  return `KUBE-${kind}-${hash(`${name}${protocol}`)}`
}

/** `endpoint` is `10.244.1.5:8080`. */
export function endpointChain(name: string, protocol: string, endpoint: string): string {
  return `KUBE-SEP-${hash(`${name}${protocol}${endpoint}`)}`
}
