/** The usages of the certificates API in the words of X.509. Models pkg/controller/certificates/signer (keyUsagesFromStrings). */
import { EXT_KEY_USAGES, KEY_USAGES } from './extensions.ts'
import type { ExtKeyUsage, KeyUsage } from './extensions.ts'

const KEY: Record<string, KeyUsage> = {
  signing: 'digitalSignature',
  'digital signature': 'digitalSignature',
  'content commitment': 'nonRepudiation',
  'key encipherment': 'keyEncipherment',
  'key agreement': 'keyAgreement',
  'data encipherment': 'dataEncipherment',
  'cert sign': 'keyCertSign',
  'crl sign': 'cRLSign',
  'encipher only': 'encipherOnly',
  'decipher only': 'decipherOnly',
}

const EXTENDED: Record<string, ExtKeyUsage> = {
  any: 'anyExtendedKeyUsage',
  'server auth': 'serverAuth',
  'client auth': 'clientAuth',
  'code signing': 'codeSigning',
  'email protection': 'emailProtection',
  's/mime': 'emailProtection',
  'ipsec end system': 'ipsecEndSystem',
  'ipsec tunnel': 'ipsecTunnel',
  'ipsec user': 'ipsecUser',
  timestamping: 'timeStamping',
  'ocsp signing': 'OCSPSigning',
  'microsoft sgc': 'msSGC',
  'netscape sgc': 'nsSGC',
}

/** In the order of the constants, each once. */
export function toUsages(usages: readonly string[]): { keyUsages: KeyUsage[]; extKeyUsages: ExtKeyUsage[] } {
  const keys = new Set(usages.map((usage) => KEY[usage]))
  const extended = new Set(usages.map((usage) => EXTENDED[usage]))
  return {
    keyUsages: KEY_USAGES.filter((usage) => keys.has(usage)),
    extKeyUsages: (Object.keys(EXT_KEY_USAGES) as ExtKeyUsage[]).filter((usage) => extended.has(usage)),
  }
}
