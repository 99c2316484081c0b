/** Subjects and extensions as they are written on a command line or in a configuration file. Models apps/lib/apps.c (parse_name) and crypto/x509/v3_conf.c. */
import {
  altNamesExtension,
  attributeType,
  authorityKeyIdExtension,
  basicConstraintsExtension,
} from '../../../pki/index.ts'
import { EXT_KEY_USAGES, extKeyUsageExtension, isAddress, KEY_USAGES, keyUsageExtension } from '../../../pki/index.ts'
import { subjectKeyIdExtension } from '../../../pki/index.ts'
import type { Extension, ExtKeyUsage, GeneralName, KeyUsage, Name } from '../../../pki/index.ts'
import { OpensslError } from './command.ts'

/** `/CN=jane/O=devs`; throws OpensslError. `warn` gets what is skipped. */
export function parseSubject(command: string, text: string, warn: (line: string) => void): Name {
  if (!text.startsWith('/'))
    throw new OpensslError(
      `${command}: subject name is expected to be in the format /type0=value0/type1=value1/type2=... where characters may be escaped by \\. This name is not in that format: '${text}'\n`,
    )
  const name: Name = []
  for (const part of splitEscaped(text.slice(1), '/')) {
    if (part === '') continue
    const set: Name[number] = []
    for (const pair of splitEscaped(part, '+')) {
      const equals = pair.indexOf('=')
      if (equals < 0)
        throw new OpensslError(`${command}: Missing '=' after RDN type string '${pair}' in subject name string\n`)
      const [type, value] = [pair.slice(0, equals), pair.slice(equals + 1).replaceAll(/\\(.)/g, '$1')]
      const known = attributeType(type)
      if (known === undefined) warn(`${command}: Skipping unknown subject name attribute "${type}"\n`)
      else if (value === '') warn(`${command}: No value provided for subject name attribute "${type}", skipped\n`)
      else set.push({ type: known, value })
    }
    if (set.length > 0) name.push(set)
  }
  return name
}

function splitEscaped(text: string, separator: string): string[] {
  const parts = ['']
  for (let i = 0; i < text.length; i++) {
    const letter = text.charAt(i)
    if (letter === '\\') parts.push(`${parts.pop()}\\${text.charAt(++i)}`)
    else if (letter === separator) parts.push('')
    else parts.push(`${parts.pop()}${letter}`)
  }
  return parts
}

/** Sections of a configuration file; what stands before the first is ''. */
export type Sections = Map<string, [string, string][]>

export function parseConfig(text: string): Sections {
  const sections: Sections = new Map([['', []]])
  let current = ''
  for (const line of text.replaceAll(/\\\n/g, '').split('\n')) {
    const clean = line.replace(/#.*$/, '').trim()
    const head = /^\[\s*(.*?)\s*\]$/.exec(clean)
    const pair = /^([^=]+?)\s*=\s*(.*)$/.exec(clean)
    if (head !== null) {
      current = head[1] as string
      if (!sections.has(current)) sections.set(current, [])
    } else if (pair !== null) sections.get(current)?.push([pair[1] as string, pair[2] as string])
  }
  return sections
}

export const entryOf = (sections: Sections, section: string, name: string): string | undefined =>
  sections.get(section)?.findLast(([one]) => one === name)?.[1]

/** A subject out of a section: `CN = x`, also numbered (`0.O`, `1.O`). */
export function subjectOf(section: [string, string][]): Name {
  return section.flatMap(([key, value]): Name => {
    const type = attributeType(key.replace(/^\d+\./, ''))
    return type === undefined || value === '' ? [] : [[{ type, value }]]
  })
}

export interface ExtensionContext {
  sections: Sections
  /** Key identifiers of the subject and of the issuer. */
  subjectKeyId?: Uint8Array
  issuerKeyId?: Uint8Array
}

/** `subjectAltName=DNS:a,IP:1.2.3.4`; throws OpensslError. Undefined: nothing is to be written. */
export function makeExtension(name: string, text: string, context: ExtensionContext): Extension | undefined {
  const words = text.split(',').map((word) => word.trim())
  const critical = words[0] === 'critical'
  const values = critical ? words.slice(1) : words
  const bad = (): never => {
    throw new OpensslError(`Error adding request extensions from section ${name}\nvalue=${text}\n`)
  }
  switch (name) {
    case 'subjectAltName':
      return altNamesExtension(
        values.flatMap((value) => generalName(value, context.sections) ?? bad()),
        critical,
      )
    case 'keyUsage':
      if (!values.every((value) => (KEY_USAGES as readonly string[]).includes(value))) return bad()
      return keyUsageExtension(values as KeyUsage[], critical)
    case 'extendedKeyUsage':
      return extKeyUsageExtension(
        values.map((value) => EXT_KEY_USAGES[value as ExtKeyUsage] ?? (/^[\d.]+$/.test(value) ? value : bad())),
        critical,
      )
    case 'basicConstraints': {
      const isCa = values.some((value) => /^CA:\s*true$/i.test(value))
      const length = values.map((value) => /^pathlen:(\d+)$/.exec(value)?.[1]).find((one) => one !== undefined)
      return basicConstraintsExtension(isCa, length === undefined ? undefined : Number(length), critical)
    }
    case 'subjectKeyIdentifier':
      return context.subjectKeyId && subjectKeyIdExtension(context.subjectKeyId)
    case 'authorityKeyIdentifier':
      return context.issuerKeyId && authorityKeyIdExtension(context.issuerKeyId)
    default:
      throw new OpensslError(`not simulated: the extension ${name}\n`)
  }
}

const KINDS: Record<string, GeneralName['kind']> = { DNS: 'dns', IP: 'ip', email: 'email', URI: 'uri' }

function generalName(text: string, sections: Sections): GeneralName[] | undefined {
  if (text.startsWith('@'))
    return sections.get(text.slice(1))?.flatMap(([key, value]) => {
      const kind = KINDS[key.replace(/\.\d+$/, '')]
      return kind === undefined ? [] : [{ kind, value }]
    })
  const [, word = '', value = ''] = /^(\w+):(.*)$/.exec(text) ?? []
  const kind = KINDS[word]
  return kind === undefined || (kind === 'ip' && !isAddress(value)) ? undefined : [{ kind, value }]
}

/** All of a section. */
export function extensionsOf(section: [string, string][], context: ExtensionContext): Extension[] {
  return section.flatMap(([name, text]) => makeExtension(name, text, context) ?? [])
}
