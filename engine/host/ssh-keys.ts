/**
 * SSH key pairs as the files that hold them. A private key's text holds its seed; the public key follows from it.
 * The letters have the shapes of OpenSSH's; they are no real curve points, and fingerprints no real SHA-256.
 */
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Letters out of a text, always the same. */
function letters(text: string, length: number): string {
  let made = ''
  for (let part = 0; made.length < length; part++) {
    let hash = (0x811c9dc5 ^ part) >>> 0
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
    for (let i = 0; i < 5; i++) {
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0
      made += BASE64.charAt(hash >>> 26)
    }
  }
  return made.slice(0, length)
}

export type KeyType = 'ed25519' | 'rsa' | 'ecdsa'

/** `mark`: what the letters of a private key of that type hold. */
const HEADS: Record<
  KeyType,
  { name: string; head: string; mark: string; length: number; bits: number; shown: string }
> = {
  ed25519: {
    name: 'ssh-ed25519',
    head: 'AAAAC3NzaC1lZDI1NTE5AAAAI',
    mark: 'AAAAMwAAAAtzc2gtZWQyNTUxOQ',
    length: 43,
    bits: 256,
    shown: 'ED25519',
  },
  rsa: {
    name: 'ssh-rsa',
    head: 'AAAAB3NzaC1yc2EAAAADAQABAAABgQ',
    mark: 'AAABlwAAAAdzc2gtcnNhAAAAAwEAAQ',
    length: 514,
    bits: 3072,
    shown: 'RSA',
  },
  ecdsa: {
    name: 'ecdsa-sha2-nistp256',
    head: 'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABB',
    mark: 'AAAAaAAAABNlY2RzYS1zaGEyLW5pc3RwMjU2',
    length: 88,
    bits: 256,
    shown: 'ECDSA',
  },
}

export interface KeyPair {
  privateText: string
  /** One line, with its comment. */
  publicText: string
}

export function makeKeyPair(seed: string, type: KeyType, comment: string): KeyPair {
  const { name, head, length, mark } = HEADS[type]
  const body = `b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB${mark}${letters(`private ${type} ${seed}`, 210)}`
  const wrapped = body.match(/.{1,70}/g)?.join('\n') ?? ''
  const privateText = `-----BEGIN OPENSSH PRIVATE KEY-----\n${wrapped}\n-----END OPENSSH PRIVATE KEY-----\n`
  return {
    privateText,
    publicText: `${name} ${head}${letters(`public ${type} ${wrapped}`, length)}${comment === '' ? '' : ` ${comment}`}\n`,
  }
}

/** The public key of a private one, without a comment: `ssh-ed25519 AAAA…`; undefined: it is no private key. */
export function publicOf(privateText: string): string | undefined {
  const found = /^-----BEGIN OPENSSH PRIVATE KEY-----\n([\s\S]+?)\n-----END OPENSSH PRIVATE KEY-----/.exec(privateText)
  if (found === null) return undefined
  const body = (found[1] ?? '').replaceAll('\n', '')
  const type = (Object.keys(HEADS) as KeyType[]).find((one) => body.includes(HEADS[one].mark)) ?? 'ed25519'
  const { name, head, length } = HEADS[type]
  return `${name} ${head}${letters(`public ${type} ${found[1] ?? ''}`, length)}`
}

/** The first two words of a public key: what counts of it. */
export function keyOf(line: string): string {
  const words = line.trim().split(/\s+/)
  const at = words.findIndex((word) => /^(ssh-|ecdsa-)/.test(word))
  return at < 0 ? '' : words.slice(at, at + 2).join(' ')
}

/** `SHA256:…` of a public key. */
export function fingerprint(line: string): string {
  return `SHA256:${letters(`fingerprint ${keyOf(line)}`, 43)}`
}

/** `256 SHA256:… comment (ED25519)` */
export function described(line: string): string {
  const type = Object.values(HEADS).find(({ name }) => line.trim().startsWith(name))
  const comment = line.trim().split(/\s+/).slice(2).join(' ')
  return `${type?.bits ?? 256} ${fingerprint(line)} ${comment === '' ? 'no comment' : comment} (${type?.shown ?? 'ED25519'})`
}

/** The key of the cluster's hosts: each of them holds it and lets it in as root and candidate. */
export const CLUSTER_KEY = makeKeyPair('cluster', 'ed25519', 'candidate@base')

/** Who certifies the keys of the cluster's hosts; known to all of them. */
const AUTHORITY = makeKeyPair('host authority', 'ed25519', 'host-ca').publicText

export const SSH_KNOWN_HOSTS = `@cert-authority * ${AUTHORITY}`

/** A host's key, and the certificate that it is the one it was made with. */
export function hostKey(name: string, machineId: string): KeyPair & { certificate: string } {
  const pair = makeKeyPair(`host ${name} ${machineId}`, 'ed25519', `root@${name}`)
  const certificate = `ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t${letters(`certificate ${keyOf(pair.publicText)}`, 120)} ${name}\n`
  return { ...pair, certificate }
}

/** Whether a certificate is for that host key. */
export function certifies(certificate: string, publicText: string): boolean {
  return certificate.includes(letters(`certificate ${keyOf(publicText)}`, 120))
}
