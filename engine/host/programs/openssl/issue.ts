/** What req -x509 and x509 -req have in common: making a certificate. */
import { keyIdOf, signCertificate, signerOf } from '../../../pki/index.ts'
import type { Certificate, Extension, PrivateKey, PublicKey } from '../../../pki/index.ts'
import type { Proc, Run } from '../../process.ts'
import { randomBytes } from './command.ts'

export const DAY_MS = 86_400_000

/** 159 bits. */
export function* randomSerial(p: Proc): Run<bigint> {
  let serial = 0n
  for (const byte of yield* randomBytes(p, 20)) serial = (serial << 8n) | BigInt(byte)
  return serial & ((1n << 159n) - 1n)
}

export interface Issuing {
  serial: bigint
  /** DER. */
  subject: Uint8Array
  publicKey: PublicKey
  days: number
  extensions: Extension[]
  key: PrivateKey
  /** Absent: signed with the subject's own key. */
  ca?: Certificate
}

/** Without extensions a certificate is of version 1. */
export function* issue(p: Proc, { serial, subject, publicKey, days, extensions, key, ca }: Issuing): Run<string> {
  const nowMs = Math.floor((yield* p.now()) / 1000) * 1000
  const signer = ca === undefined ? { subject, keyId: keyIdOf(publicKey), key } : signerOf(ca, key)
  return signCertificate(
    {
      serial,
      subject,
      notBeforeMs: nowMs,
      notAfterMs: nowMs + days * DAY_MS,
      publicKey,
      extensions,
      ...(extensions.length === 0 && { version: 1 }),
    },
    signer,
  )
}
