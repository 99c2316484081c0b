import { makeBinary } from '../../host/binary.ts'
import { makeConfig } from './image.ts'
import type { Behaviour, ImageEntry, LaunchFacts } from './image.ts'
import { IDLE } from './plan.ts'
import type { Plan } from './plan.ts'

/** A shell without a terminal and without input reads its end at once. */
const shellWithoutInput: Behaviour = {
  name: 'shell',
  match: (argv) => argv.length === 1 && /^(\/bin\/)?(ba|a)?sh$/.test(argv[0] ?? ''),
  plan: () => ({ ...IDLE, behaviour: 'shell', exit: { atMs: 10, code: 0 } }),
}

/** Programs of a host that an image brings beside those of its base. */
const BROUGHT = new Set([
  'curl',
  'dig',
  'host',
  'ip',
  'nc',
  'nslookup',
  'ping',
  'ss',
  'netstat',
  'traceroute',
  'openssl',
])

/** Files of /usr/local/bin for programs that the process runtime knows. */
export function installed(programs: readonly string[] = []): Record<string, string> {
  const known = programs.filter((name) => BROUGHT.has(name))
  return Object.fromEntries(known.map((name) => [`/usr/local/bin/${name}`, makeBinary(name, '1')]))
}

function tool(
  repository: string,
  base: ImageEntry['base'],
  cmd: string[],
  tags: Record<string, number>,
  own: Partial<ImageEntry> = {},
): ImageEntry {
  return {
    repository,
    base,
    tags,
    config: makeConfig({ cmd }),
    files: installed(own.programs),
    programs: [],
    behaviours: [shellWithoutInput],
    ...own,
  }
}

const BUSYBOX_TAGS = {
  '1.28': 720_000,
  '1.28.4': 720_000,
  '1.31': 760_000,
  '1.35': 2_120_000,
  '1.36': 2_140_882,
  '1.36.1': 2_140_882,
  '1.37': 2_150_000,
  latest: 2_150_000,
  stable: 2_150_000,
  musl: 860_000,
  glibc: 2_150_000,
}
const ALPINE_TAGS = {
  '3.18': 3_400_000,
  '3.19': 3_410_000,
  '3.20': 3_620_000,
  '3.21': 3_640_000,
  '3.22': 3_800_000,
  latest: 3_800_000,
  '3': 3_800_000,
}

const MEGA = 1_048_576

function optionOf(argv: string[], names: string[]): string | undefined {
  const index = argv.findIndex((word) => names.includes(word))
  return index < 0 ? undefined : argv[index + 1]
}

function bytesOf(text: string): number {
  const found = /^(\d+)([KMG]?)/i.exec(text)
  const scale = { '': 1, k: 1024, m: MEGA, g: 1024 * MEGA }[(found?.[2] ?? '').toLowerCase()] ?? 1
  return Number(found?.[1] ?? 0) * scale
}

/** `stress --vm 1 --vm-bytes 250M`: takes memory, and dies of it where the limit is lower. */
function stressPlan(facts: LaunchFacts): Plan {
  const workers = Number(optionOf(facts.argv, ['--vm', '-m']) ?? 0)
  const cpus = Number(optionOf(facts.argv, ['--cpu', '-c']) ?? 0)
  const memoryBytes = workers * bytesOf(optionOf(facts.argv, ['--vm-bytes']) ?? '256M') + MEGA
  const dispatch = `stress: info: [1] dispatching hogs: ${cpus} cpu, 0 io, ${workers} vm, 0 hdd`
  const plan: Plan = {
    behaviour: 'stress',
    logs: [{ atMs: 15, text: dispatch }],
    listens: [],
    term: { code: 143, afterMs: 20 },
    memoryBytes,
    cpuMilli: cpus * 1000 + workers * 900,
  }
  const limit = facts.memoryLimitBytes
  if (limit === undefined || memoryBytes <= limit) return plan
  return { ...plan, memoryBytes: limit, exit: { atMs: 400, code: 137, reason: 'OOMKilled' } }
}

const stress: Behaviour = { name: 'stress', match: (argv) => argv[0] === 'stress', plan: stressPlan }

export const tools: ImageEntry[] = [
  tool('docker.io/library/busybox', 'busybox', ['sh'], BUSYBOX_TAGS),
  tool('docker.io/library/alpine', 'alpine', ['/bin/sh'], ALPINE_TAGS),
  tool('docker.io/library/ubuntu', 'debian', ['/bin/bash'], {
    '20.04': 27_500_000,
    '22.04': 29_500_000,
    '24.04': 29_700_000,
    latest: 29_700_000,
  }),
  tool('docker.io/library/debian', 'debian', ['bash'], {
    '11': 55_000_000,
    '12': 48_500_000,
    latest: 48_500_000,
    bookworm: 48_500_000,
  }),
  tool('docker.io/library/bash', 'alpine', ['bash'], { '5': 6_400_000, latest: 6_400_000 }),
  tool(
    'docker.io/curlimages/curl',
    'alpine',
    ['curl', '--help'],
    { latest: 9_200_000, '8.10.1': 9_200_000, '8.5.0': 9_100_000 },
    {
      config: makeConfig({ entrypoint: ['/entrypoint.sh'], cmd: ['curl'], user: 'curl_user' }),
      programs: ['curl'],
    },
  ),
  tool(
    'docker.io/nicolaka/netshoot',
    'alpine',
    ['zsh'],
    { latest: 202_000_000, 'v0.13': 202_000_000 },
    {
      programs: [
        'curl',
        'dig',
        'host',
        'nslookup',
        'nc',
        'ping',
        'ss',
        'netstat',
        'traceroute',
        'bash',
        'zsh',
        'ip',
        'tcpdump',
      ],
    },
  ),
  tool(
    'docker.io/polinux/stress',
    'alpine',
    ['stress'],
    { latest: 4_200_000, '1.0.4': 4_200_000 },
    { programs: ['stress'], behaviours: [stress, shellWithoutInput] },
  ),
  tool('registry.k8s.io/e2e-test-images/busybox', 'busybox', ['sh'], { '1.29-4': 730_000, '1.36.1-1': 2_140_000 }),
  tool(
    'registry.k8s.io/e2e-test-images/jessie-dnsutils',
    'debian',
    ['sleep', '3600'],
    { '1.7': 112_000_000, '1.3': 112_000_000 },
    { programs: ['dig', 'host', 'nslookup', 'curl', 'ping', 'nc'] },
  ),
  tool('registry.k8s.io/busybox', 'busybox', ['sh'], { latest: 730_000, '1.27': 730_000 }),
]
