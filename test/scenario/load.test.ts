/** A bad file gets an error that names the line, the column and the remedy; a good one loads. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeProblem } from '../../engine/scenario/format/problem.ts'
import { scenarioSchemaDocument } from '../../engine/scenario/format/scenario.ts'
import { loadScenario } from '../../engine/scenario/load.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PATH = 'scenarios/troubleshooting/notready-worker.yaml'
const GOOD = readFileSync(resolve(ROOT, PATH), 'utf8')

/** The problems of the good file after one edit, as a person reads them. */
function problems(find: string | RegExp, put: string): string[] {
  const text = GOOD.replace(find, put)
  expect(text).not.toBe(GOOD)
  const loaded = loadScenario(text, PATH)
  return 'problems' in loaded ? loaded.problems.map((problem) => makeProblem('f', problem)) : []
}

const lineOf = (text: string): number => GOOD.split('\n').findIndex((line) => line.includes(text)) + 1

describe('loading a scenario', () => {
  it('takes a good one', () => {
    const loaded = loadScenario(GOOD, PATH)
    expect('scenario' in loaded && loaded.scenario.metadata.name).toBe('notready-worker')
  })

  it('names an unknown field, its place, and the field that is meant', () => {
    expect(problems('      points: 2', '      pionts: 2')).toContain(
      `f:${lineOf('points: 2')}:7: unknown field "pionts" — did you mean "points"?`,
    )
  })

  it('names a wrong type', () => {
    expect(problems('points: 2', 'points: [2]')[0]).toMatch(
      /^f:\d+:15: spec\.checks\[2\]\.points: a list does not fit, expected a whole number — What it is worth/,
    )
    expect(problems('name: kubelet, disable', 'name: [kubelet], disable')[0]).toContain('expected a text, found a list')
  })

  it('names a missing language and a missing field', () => {
    expect(problems(/ +ko: 노드가 살아 있다고 API 서버에 알리는 것은.*\n/, '').join()).toContain(
      'missing language "ko" — texts are given in en and ko',
    )
    expect(problems(/ {2}difficulty: core\n/, '').join()).toContain('spec: missing field "difficulty"')
  })

  it('names a check that says nothing, or two things', () => {
    expect(problems(/ +unit: .*\n/, '').join()).toMatch(/checks\[2\]: says nothing of object, objects, workload/)
    expect(problems(/( +)unit: (.*)\n/, '$1unit: $2\n$1node: {name: "{{victim}}"}\n').join()).toMatch(
      /has node and unit, of which only one may stand|has unit and node/,
    )
  })

  it('suggests a value', () => {
    expect(problems('domain: troubleshooting', 'domain: trubleshooting')[0]).toMatch(
      /"trubleshooting" is not one of .* — did you mean "troubleshooting"\?/,
    )
  })

  it('names a thing that is checked and never mentioned in the task, in each language', () => {
    const found = problems(
      /task:[^]*?setup:/,
      'task: {en: "Make node {{victim}} of {{cluster}} Ready.", ko: "클러스터의 노드를 고치세요."}\n  setup:',
    )
    expect(found.join('\n')).toContain(
      'the host "worker-1" is checked but never mentioned in the task (ko) — name it in spec.task.ko, or list it in spec.toFind',
    )
    expect(found.join('\n')).not.toContain('(en)')
  })

  it('names parameters that are misspelt, unknown or idle', () => {
    expect(problems('run: kubectl delete node {{victim}}', 'run: kubectl delete node {{victm}}').join()).toContain(
      '{{victm}} is no parameter — did you mean {{victim}}?',
    )
    expect(problems('parameters:\n', 'parameters:\n    idle: {oneOf: [1]}\n').join()).toContain(
      'the parameter idle is never used',
    )
  })

  it('asks for quotes around a value that begins with a placeholder', () => {
    expect(problems('stopUnit: {on: "{{victim}}"', 'stopUnit: {on: {{victim}}').join()).toContain('must be quoted')
  })

  it('names a host that the cluster does not have', () => {
    expect(problems('afterReboot:\n        of: "{{victim}}"', 'afterReboot:\n        of: worker-9').join()).toContain(
      'the cluster has no host "worker-9" — its hosts: base, controlplane, worker-1, worker-2',
    )
  })

  it('holds difficulty to its band, decoys under the total, references backwards, and the file to its name', () => {
    expect(problems('time: 6m', 'time: 20m').join()).toContain(
      'difficulty core is 5 to 10 minutes, but the time is 20m — write',
    )
    expect(problems('points: 4\n    - name: enables', 'points: 10\n    - name: enables').join()).toContain(
      'a decoy may not get all 10 points',
    )
    expect(problems('requires: [ready]', 'requires: [reddy]').join()).toContain(
      'requires "reddy", which is no check before this one',
    )
    expect(problems('name: notready-worker', 'name: other').join()).toContain(
      'the scenario is called "other", its file "notready-worker"',
    )
  })

  it.each(['', 'just text', '- a\n- b', 'a: &x [*x]', '{{{{', 'a: 1\na: 2', '\u0000', `x: ${'['.repeat(500)}`])(
    'answers %j with problems, not with a crash',
    (text) => {
      const loaded = loadScenario(text, PATH)
      expect('problems' in loaded && loaded.problems.length).toBeGreaterThan(0)
    },
  )

  it('refuses a file that is far too long, and aliases that unfold without end', () => {
    expect(loadScenario(`# ${'x'.repeat(300_000)}`, PATH)).toMatchObject({ problems: [{ line: 1 }] })
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...'bcdefghi'
        .split('')
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(', ')}]`),
    ].join('\n')
    expect('problems' in loadScenario(bomb, PATH)).toBe(true)
  })
})

describe('scenarios.schema.json', () => {
  it('is what the definition says (npm run generate)', () => {
    expect(JSON.parse(readFileSync(resolve(ROOT, 'scenarios.schema.json'), 'utf8'))).toEqual(scenarioSchemaDocument())
  })
})
