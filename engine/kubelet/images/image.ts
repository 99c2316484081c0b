/** What the catalogue says of an image. */
import type { HttpRequest, HttpResponse } from '../../fabric/http.ts'
import type { Plan } from './plan.ts'

export interface LaunchFacts {
  argv: string[]
  env: Record<string, string>
  hostname: string
  podIP: string
  nodeName: string
  /** Of the image, without variant: `1.27`. */
  tag: string
  /** Milliseconds since 1970 UTC. */
  clockMs: number
  memoryLimitBytes?: number
  memoryRequestBytes?: number
  /** A file of the container as its mounts and its image give it. */
  readFile(path: string): string | undefined
}

/** A way in which the image's programs run. The first whose `match` holds is taken. */
export interface Behaviour {
  name: string
  match(argv: string[]): boolean
  plan(facts: LaunchFacts): Plan
  /** Modelled elsewhere: `coredns`, `kube-apiserver` … */
  component?: string
}

export interface ImageConfig {
  entrypoint: string[]
  cmd: string[]
  env: Record<string, string>
  workingDir: string
  /** `` is root; a number or a name. */
  user: string
  ports: number[]
  stopSignal: string
}

export interface ImageEntry {
  /** `docker.io/library/nginx` */
  repository: string
  /** Tag → compressed size in bytes. */
  tags: Record<string, number>
  /** Tags not in the list that exist all the same. */
  anyTag?: { test(tag: string): boolean }
  base: 'busybox' | 'alpine' | 'debian' | 'scratch'
  config: ImageConfig
  files: Record<string, string>
  /** Further files that depend on the tag: binaries of its version. */
  filesOf?(tag: string): Record<string, string>
  /** Programs beside those of the base. */
  programs: string[]
  behaviours: Behaviour[]
}

export interface ResponderFacts {
  hostname: string
  podIP: string
  nodeName: string
  namespace: string
  env: Record<string, string>
  argv: string[]
  image: string
  from: string
  clockMs: number
  port: number
  readFile(path: string): string | undefined
  dial(host: string, port: number): 'open' | 'refused' | 'timeout' | 'unresolved'
}

/** Answers an HTTP request; `log` is what the program writes about it. */
export type Responder = (
  request: HttpRequest,
  facts: ResponderFacts,
) => { response: HttpResponse; log?: string; stream?: 'stderr' }

/** A configuration with the usual values. */
export function makeConfig(own: Partial<ImageConfig>): ImageConfig {
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  return {
    entrypoint: [],
    cmd: [],
    workingDir: '/',
    user: '',
    ports: [],
    stopSignal: 'TERM',
    ...own,
    env: { PATH: path, ...own.env },
  }
}

/** A text answer. */
export function textResponse(
  code: number,
  body: string,
  type = 'text/plain; charset=utf-8',
  headers: Record<string, string> = {},
): HttpResponse {
  return { code, headers: { 'content-type': type, ...headers }, body }
}

export function sameArgv(argv: string[], wanted: string[]): boolean {
  return argv.length === wanted.length && argv.every((word, index) => word === wanted[index])
}
