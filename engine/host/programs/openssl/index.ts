/** openssl 3.0 as Debian 12 has it (Q8). Files hold PEM texts. Not modelled: see README.md of the folder. */
import type { Program } from '../../process.ts'
import { OpensslError } from './command.ts'
import type { Subcommand } from './command.ts'
import { ec, ecparam, genpkey, genrsa, pkey, rsa } from './keys.ts'
import { req } from './req.ts'
import { digests, enc, rand, version } from './small.ts'
import { sClient } from './s-client.ts'
import { verify } from './verify.ts'
import { x509 } from './x509.ts'

const SUBCOMMANDS: Record<string, Subcommand> = {
  genrsa,
  genpkey,
  ecparam,
  rsa,
  ec,
  pkey,
  req,
  x509,
  verify,
  s_client: sClient,
  rand,
  ...digests,
  enc,
  base64: (args, p) => enc(['-base64', ...args], p),
  version,
}

/** Known to OpenSSL, not simulated. */
const OTHERS =
  'asn1parse ca ciphers cmp cms crl crl2pkcs7 dhparam dsa dsaparam engine errstr fipsinstall gendsa info kdf list mac nseq ocsp passwd pkcs12 pkcs7 pkcs8 pkeyparam pkeyutl prime rehash rsautl s_server s_time sess_id smime speed spkac srp storeutl ts help'.split(
    ' ',
  )

export const openssl: Program = function* (argv, p) {
  const [, name = 'help', ...args] = argv
  const run = SUBCOMMANDS[name]
  if (run === undefined) {
    yield* p.err(
      OTHERS.includes(name)
        ? `openssl: not simulated: openssl ${name}\n`
        : `Invalid command '${name}'; type "help" for a list.\n`,
    )
    return 1
  }
  try {
    return yield* run(args, p)
  } catch (error) {
    if (!(error instanceof OpensslError)) throw error
    yield* p.err(error.message.startsWith('not simulated') ? `openssl: ${error.message}` : error.message)
    return error.code
  }
}
