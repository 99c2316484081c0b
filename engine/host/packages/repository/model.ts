/** A repository as its site serves it: packages as data, indices and archives made from them. */
import { makeStanza, makeStanzas } from '../control.ts'
import type { Stanza } from '../control.ts'
import { debName, makeDeb } from '../deb.ts'
import type { Deb, DebFile, DebScripts } from '../deb.ts'

export interface OfferedPackage {
  name: string
  version: string
  section: string
  depends?: string
  description: string
  /** Of the archive. */
  sizeBytes: number
  /** Kilobytes when installed. */
  installedKb: number
  /** Absent: none that anybody looks at. */
  files?: readonly DebFile[]
  scripts?: DebScripts
  maintainer?: string
  homepage?: string
}

export interface Repository {
  /** Host and path without a scheme: `pkgs.k8s.io/core:/stable:/v1.34/deb`. */
  base: string
  /** Where a request is redirected to, as apt shows it. */
  shownAs?: string
  /** Under dists/; absent: a flat repository. */
  suite?: string
  /** Component → packages; a flat repository has one, named ''. */
  components: Readonly<Record<string, readonly OfferedPackage[]>>
  /** Fields of its InRelease. */
  release: Stanza
  /** The key it is signed with, and of whom. */
  key: { id: string; owner: string }
  /** Size of its InRelease as apt shows it, in bytes. */
  releaseBytes: number
}

export interface SiteAnswer {
  code: number
  body: string
  headers: Record<string, string>
}

function controlOf(one: OfferedPackage): Stanza {
  const { name, version, section, depends, description, installedKb, maintainer, homepage } = one
  return {
    Package: name,
    Version: version,
    Architecture: 'amd64',
    Maintainer: maintainer ?? 'Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>',
    'Installed-Size': String(installedKb),
    ...(depends !== undefined && { Depends: depends }),
    Section: section,
    Priority: 'optional',
    ...(homepage !== undefined && { Homepage: homepage }),
    Description: description,
  }
}

/** The archive of an offered package. */
export function debOf(one: OfferedPackage): Deb {
  return { control: controlOf(one), files: [...(one.files ?? [])], ...(one.scripts && { scripts: one.scripts }) }
}

function poolName(repository: Repository, one: OfferedPackage): string {
  const file = debName(controlOf(one))
  return repository.suite === undefined ? `amd64/${file}` : `pool/${one.name.charAt(0)}/${one.name}/${file}`
}

/** The index of a component. */
export function packagesText(repository: Repository, component: string): string {
  return makeStanzas(
    (repository.components[component] ?? []).map((one) => ({
      ...controlOf(one),
      Filename: poolName(repository, one),
      Size: String(one.sizeBytes),
    })),
  )
}

export function releaseText({ release, key }: Repository): string {
  return `${makeStanza(release)}Signed-By-Key: ${key.id}\n`
}

/** What the site answers for a path below a repository's base; undefined: not its path. */
export function serve(repository: Repository, path: string): SiteAnswer | undefined {
  const { shownAs, releaseBytes } = repository
  const headers: Record<string, string> = shownAs === undefined ? {} : { 'content-location': shownAs }
  const found = (body: string, bytes = body.length): SiteAnswer => ({
    code: 200,
    body,
    headers: { ...headers, 'content-length': String(bytes) },
  })
  const below = repository.suite === undefined ? '' : `dists/${repository.suite}/`
  if (path === `${below}InRelease`) return found(releaseText(repository), releaseBytes)
  if (path === 'Release.key') return found(armoredKey(repository.key))
  for (const component of Object.keys(repository.components)) {
    const index = repository.suite === undefined ? 'Packages' : `${below}${component}/binary-amd64/Packages`
    if (path === index) return found(packagesText(repository, component))
    const one = repository.components[component]?.find((offered) => poolName(repository, offered) === path)
    if (one !== undefined) return found(makeDeb(debOf(one)), one.sizeBytes)
  }
  return undefined
}

/** The public key as a keyring holds it. Not modelled: OpenPGP packets. */
export function keyText({ id, owner }: Repository['key']): string {
  return `OpenPGP public key ${id} ${owner}\n`
}

const ARMOR = ['-----BEGIN PGP PUBLIC KEY BLOCK-----', '-----END PGP PUBLIC KEY BLOCK-----'] as const

/** The key as text that travels, in hex. */
export function armoredKey(key: Repository['key']): string {
  const hex = [...keyText(key)].map((letter) => letter.charCodeAt(0).toString(16).padStart(2, '0')).join('')
  return `${ARMOR[0]}\nVersion: GnuPG v2.0.15 (GNU/Linux)\n\n${hex.replace(/.{64}/g, '$&\n')}\n${ARMOR[1]}\n`
}

/** Takes the armor off; undefined: there is none. */
export function dearmored(text: string): string | undefined {
  const [start, end] = [text.indexOf(ARMOR[0]), text.indexOf(ARMOR[1])]
  if (start < 0 || end < start) return undefined
  const body = text.slice(text.indexOf('\n\n', start), end).replace(/\s/g, '')
  return body.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)))
}

/** The keys in a keyring, armored or not. */
export function keysIn(text: string): string[] {
  return [...(dearmored(text) ?? text).matchAll(/^OpenPGP public key ([0-9A-F]{16}) /gm)].map((match) => match[1] ?? '')
}
