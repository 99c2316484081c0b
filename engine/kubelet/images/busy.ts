/** Commands that do nothing but burn CPU or hold memory: `while true; do :; done`, `yes > /dev/null`, `stress --cpu 2`. */
import { parseQuantity } from '../../objects/quantity.ts'
import { makeConfig } from './image.ts'
import type { Behaviour, ImageEntry, LaunchFacts, Responder } from './image.ts'
import { textResponse } from './image.ts'
import { IDLE } from './plan.ts'
import type { Plan } from './plan.ts'

const NOTHING = '(?::|true|echo[^;&|]*(?:>\\s*/dev/null(?:\\s*2>&1)?)?)'
/** One statement that never ends and never waits. */
const LOOPS = [
  new RegExp(`^while\\s+(?:true|:|\\[\\s*1\\s*\\]|\\[\\[?\\s*true\\s*\\]?\\]);?\\s*do\\s+${NOTHING}\\s*;?\\s*done$`),
  /^(?:yes|cat \/dev\/(?:zero|urandom)|dd if=\/dev\/(?:zero|urandom) of=\/dev\/null|(?:sha|md5)\d*sum \/dev\/(?:zero|urandom)|gzip -c \/dev\/zero|cat \/dev\/zero \| gzip)(?:\s*1?>\s*\/dev\/null)?(?:\s*2>&1)?$/,
]

/** How many cores the script keeps busy; undefined: it does something else as well. */
function busyCores(script: string): number | undefined {
  const statements = script
    .replace(/\n/g, ';')
    .replace(/;\s*done/g, ' ;done')
    .split(/(?<!>)&(?![&1])/)
    .map((part) =>
      part
        .trim()
        .replace(/^;+|;+$/g, '')
        .trim(),
    )
    .filter((part) => part !== '' && part !== 'wait')
  const every =
    statements.length > 0 &&
    statements.every((part) => LOOPS.some((loop) => loop.test(part.replace(/\s+;done/, '; done'))))
  return every ? statements.length : undefined
}

const SHELLS = new Set(['sh', '/bin/sh', 'bash', '/bin/bash', 'ash', '/bin/ash'])

/** The plan of a command that only burns CPU. */
export function planBusy(argv: readonly string[]): Plan | undefined {
  const isScript = SHELLS.has(argv[0] ?? '') && /^-[a-z]*c$/.test(argv[1] ?? '') && argv.length === 3
  const cores = busyCores(isScript ? (argv[2] ?? '') : argv.join(' '))
  if (cores === undefined || (!isScript && /[;&|>]/.test(argv.join(' ')))) return undefined
  return { ...IDLE, behaviour: 'busy', cpuMilli: cores * 1000, memoryBytes: 700_000 * (cores + 1) }
}

// The images that are made for it.

function option(argv: readonly string[], ...names: string[]): string | undefined {
  for (const [i, word] of argv.entries()) {
    const [name = '', value] = word.split('=', 2)
    if (names.includes(name)) return value ?? argv[i + 1]
  }
  return undefined
}

/** Out of memory: the workers are killed, and stress ends with 1. */
function outOfMemory(facts: LaunchFacts, bytes: number): Partial<Plan> {
  const { memoryLimitBytes } = facts
  if (memoryLimitBytes === undefined || bytes < memoryLimitBytes) return {}
  return { exit: { atMs: 700, code: 137, reason: 'OOMKilled' } }
}

/** vish/stress: `-cpus 2 -mem-total 950Mi -mem-alloc-size 100Mi -mem-alloc-sleep 1s`. */
function vishPlan(facts: LaunchFacts): Plan {
  const { argv } = facts
  const cpus = Number(option(argv, '-cpus', '--cpus') ?? 0)
  const total = option(argv, '-mem-total', '--mem-total')
  const memoryBytes = 4_000_000 + (total === undefined ? 0 : Number(parseQuantity(total).nanos / 1_000_000_000n))
  return {
    ...IDLE,
    behaviour: 'stress',
    logs: [
      {
        atMs: 5,
        text: `I0101 00:00:00.000000       1 main.go:26] Allocating "${total ?? '0'}" memory, in "4Ki" chunks, with a 1ms sleep between allocations`,
        stream: 'stderr',
      },
      ...Array.from({ length: cpus }, () => ({
        atMs: 5,
        text: 'I0101 00:00:00.000000       1 main.go:39] Spawning a thread to consume CPU',
        stream: 'stderr' as const,
      })),
      {
        atMs: 800,
        text: `I0101 00:00:00.000000       1 main.go:29] Allocated "${total ?? '0'}" memory`,
        stream: 'stderr',
      },
    ],
    term: { code: 143, afterMs: 5 },
    cpuMilli: cpus * 1000,
    memoryBytes,
    ...outOfMemory(facts, memoryBytes),
  }
}

const hog = (
  repository: string,
  tags: Record<string, number>,
  program: string,
  plan: (facts: LaunchFacts) => Plan,
  own: Partial<ImageEntry> = {},
): ImageEntry => ({
  repository,
  tags,
  anyTag: /^v?\d/,
  base: 'alpine',
  config: makeConfig({ entrypoint: own.config?.entrypoint ?? [] }),
  files: {},
  programs: [program],
  behaviours: [
    {
      name: 'stress',
      match: (argv) => argv[0] === program || argv[0]?.endsWith(`/${program}`) === true,
      plan,
    } satisfies Behaviour,
  ],
  ...own,
})

/** registry.k8s.io/hpa-example: a page that computes a million square roots. */
const hpaExample: ImageEntry = {
  repository: 'registry.k8s.io/hpa-example',
  tags: { latest: 181_000_000 },
  base: 'debian',
  config: makeConfig({
    entrypoint: ['docker-php-entrypoint'],
    cmd: ['apache2-foreground'],
    ports: [80],
    stopSignal: 'WINCH',
  }),
  files: {
    '/var/www/html/index.php':
      '<?php\n  $x = 0.0001;\n  for ($i = 0; $i <= 1000000; $i++) {\n    $x += sqrt($x);\n  }\n  echo "OK!";\n?>\n',
  },
  programs: ['docker-php-entrypoint', 'apache2-foreground', 'php'],
  behaviours: [
    {
      name: 'hpa-example',
      match: (argv) => argv.some((word) => word.endsWith('apache2-foreground')),
      plan: () => ({
        behaviour: 'hpa-example',
        logs: [
          {
            atMs: 60,
            text: '[mpm_prefork:notice] [pid 1] AH00163: Apache/2.4.10 (Debian) PHP/5.6.14 configured -- resuming normal operations',
            stream: 'stderr',
          },
          { atMs: 61, text: "[core:notice] [pid 1] AH00094: Command line: 'apache2 -D FOREGROUND'", stream: 'stderr' },
        ],
        listens: [{ port: 80, responder: 'hpa-example', http: true, fromMs: 80 }],
        term: { code: 0, afterMs: 30 },
        memoryBytes: 9_800_000,
        cpuMilli: 1,
      }),
    },
  ],
}

export const busyResponders: Record<string, Responder> = {
  'hpa-example': (request, facts) => ({
    response: textResponse(200, 'OK!', 'text/html; charset=UTF-8'),
    log: `${facts.from} - - "${request.method} ${request.path} HTTP/1.1" 200 211 "-" "${request.headers['user-agent'] ?? '-'}"`,
  }),
}

/** CPU time of one answer, in microseconds. */
const COSTS: Record<string, number> = { 'hpa-example': 12_000 }
const USUAL_COST = 150

export const answerCostMicros = (responder: string): number => COSTS[responder] ?? USUAL_COST

export const busyImages: ImageEntry[] = [
  hpaExample,
  { ...hpaExample, repository: 'k8s.gcr.io/hpa-example' },
  hog('docker.io/vish/stress', { latest: 1_600_000 }, 'stress', vishPlan, {
    base: 'scratch',
    config: makeConfig({ entrypoint: ['/stress', '-logtostderr'] }),
  }),
]
