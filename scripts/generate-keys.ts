/**
 * Makes engine/pki/keys.gen.json: the pool of RSA 2048 keys that every certificate of a simulated cluster draws
 * from, each as its two primes in base64url. Run once: `npx tsx scripts/generate-keys.ts [how many]`. The keys are
 * public by design; they protect nothing.
 */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'

const count = Number(process.argv[2] ?? 192)
const file = new URL('../engine/pki/keys.gen.json', import.meta.url)

function primes(): [string, string] {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const { p = '', q = '' } = createPrivateKey(privateKey).export({ format: 'jwk' })
  return [p, q]
}

const keys = Array.from({ length: count }, primes)
writeFileSync(file, `${JSON.stringify(keys, null, 1)}\n`)
