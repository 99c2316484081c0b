/** PEM: base64 between a BEGIN and an END line. Models encoding/pem. Not modelled: headers inside a block. */
import { fromBase64, toBase64 } from './bytes.ts'

export interface PemBlock {
  label: string
  der: Uint8Array
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\s([\s\S]*?)-----END \1-----/g

/** Every block of a text, in order; what is not base64 is left out. */
export function parsePem(text: string): PemBlock[] {
  const blocks: PemBlock[] = []
  for (const [, label = '', body = ''] of text.matchAll(BLOCK)) {
    const der = fromBase64(body.replaceAll(/\s/g, ''))
    if (der !== undefined) blocks.push({ label, der })
  }
  return blocks
}

export function makePem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
