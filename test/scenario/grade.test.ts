/** A grade explains itself, disturbs nobody, and gives nothing for what cannot be told. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { gradeScenario } from '../../engine/scenario/grade.ts'
import type { Scenario } from '../../engine/scenario/format/scenario.ts'
import { loadScenario } from '../../engine/scenario/load.ts'
import { prepareAttempt } from '../../engine/scenario/prepare.ts'
import { proveScenario } from '../../engine/scenario/prove.ts'
import { renderJUnit, renderJson, renderText } from '../../engine/scenario/render.ts'
import { FakeCluster, node } from './fake-cluster.ts'
import type { FakeState } from './fake-cluster.ts'

function load(change: (scenario: Scenario) => void = () => {}): Scenario {
  const path = 'scenarios/troubleshooting/notready-worker.yaml'
  const loaded = loadScenario(readFileSync(resolve(import.meta.dirname, '../..', path), 'utf8'), path)
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  change(loaded.scenario)
  return loaded.scenario
}

const chosen = { victim: 'worker-1' }
const mended = (): FakeCluster =>
  new FakeCluster({
    objects: [node('worker-1', 'True')],
    units: { 'worker-1:kubelet': { active: true, enabled: true } },
  })
const broken = (): FakeCluster =>
  new FakeCluster({
    objects: [node('worker-1', 'Unknown')],
    units: { 'worker-1:kubelet': { active: false, enabled: false } },
  })

describe('a grade', () => {
  it('gives all points for what is mended', async () => {
    const grade = await gradeScenario(prepareAttempt(load(), 's', chosen), mended())
    expect(grade).toMatchObject({ points: 10, got: 10, percent: 100, passed: true })
  })

  it('says what was found and wanted, and blocks what another check must come before', async () => {
    const grade = await gradeScenario(prepareAttempt(load(), 's', chosen), broken())
    expect(grade).toMatchObject({ points: 10, got: 0, passed: false })
    expect(grade.checks.map(({ id, state, found, wanted }) => ({ id, state, found, wanted }))).toEqual([
      {
        id: 'ready',
        state: 'failed',
        found: 'status.conditions[type=Ready].status: Unknown (wanted "True")',
        wanted: 'Node worker-1 with {status: {conditions: {type=Ready: {status: "True"}}}}',
      },
      { id: 'starts-at-boot', state: 'failed', found: 'inactive, disabled', wanted: 'kubelet on worker-1: enabled' },
      {
        id: 'survives-reboot',
        state: 'blocked',
        found: 'not judged: needs "ready" first',
        wanted: 'after a reboot of worker-1: node worker-1: Ready',
      },
    ])
  })

  it('waits on the clock of a copy, and leaves the cluster as it is', async () => {
    const cluster = broken()
    cluster.state.later.push({
      atMs: cluster.state.nowMs + 30_000,
      change: (state) => (state.objects = [node('worker-1', 'True')]),
    })
    const before = cluster.state.nowMs
    const grade = await gradeScenario(prepareAttempt(load(), 's', chosen), cluster)
    expect(grade.checks[0]).toMatchObject({ passed: true, atMs: before + 30_000 })
    expect(cluster.state.nowMs).toBe(before)
    expect(cluster.log).toEqual([])
    expect(cluster.forks).toBe(2)
  })

  it('acts on the cluster itself where there is no copy, after all that only looks', async () => {
    const cluster = new FakeCluster(mended().state, false)
    const grade = await gradeScenario(prepareAttempt(load(), 's', chosen), cluster)
    expect(cluster.log).toEqual(['reboot worker-1'])
    expect(grade.passed).toBe(true)
  })

  it('skips what the cluster cannot tell, and does not count it', async () => {
    const scenario = load((one) => {
      const [first] = one.spec.checks
      if (first !== undefined)
        one.spec.checks = [
          first,
          { id: 'past', name: first.name, because: first.because, points: 5, journal: { name: 'kubelet' } },
          {
            id: 'before',
            name: first.name,
            because: first.because,
            points: 5,
            history: { kind: 'Node', name: 'worker-1' },
          },
        ]
    })
    const grade = await gradeScenario(prepareAttempt(scenario, 's', chosen), mended())
    expect(grade).toMatchObject({ points: 4, got: 4, passed: true })
    expect(grade.checks.slice(1).map(({ state, found }) => `${state}: ${found}`)).toEqual([
      'skipped: the fake keeps no journal',
      'skipped: fake keeps no history of objects',
    ])
  })

  it('takes off what hints cost, and still passes', async () => {
    expect(await gradeScenario(prepareAttempt(load(), 's', chosen), mended(), { hintCost: 1 })).toMatchObject({
      got: 9,
      percent: 90,
      passed: true,
    })
  })

  it('evaluates CEL over objects, and takes a missing field for not yet', async () => {
    const check = (expression: string) => {
      const scenario = load((one) => {
        const [first] = one.spec.checks
        if (first !== undefined)
          one.spec.checks = [
            {
              id: 'cel',
              name: first.name,
              because: first.because,
              points: 1,
              cel: { with: { nodes: { kind: 'Node' } }, expression },
            },
          ]
      })
      return gradeScenario(prepareAttempt(scenario, 's', chosen), mended())
    }
    expect((await check('nodes.size() == 1 && nodes[0].metadata.name.startsWith("worker")')).passed).toBe(true)
    expect(
      (
        await check(
          'quantity("1Gi").isGreaterThan(quantity("500Mi")) && isIP("10.0.0.1") && [1, 2].sum() == 3 && start <= now',
        )
      ).passed,
    ).toBe(true)
    expect((await check('nodes[0].spec.taints.size() == 0')).checks[0]).toMatchObject({
      passed: false,
      state: 'failed',
    })
  })
})

describe('renderings', () => {
  it('are text in two languages, JSON, and JUnit XML that is well formed', async () => {
    const grade = await gradeScenario(prepareAttempt(load(), 's', chosen), broken())
    expect(renderText(grade)).toContain(
      'A worker is NotReady: 0/10 points (0 %), not passed\n✘ The node is Ready (0/4)\n    wanted: Node worker-1',
    )
    expect(renderText(grade, 'ko')).toContain('✘ 노드가 Ready이다 (0/4)')
    expect(JSON.parse(renderJson(grade))).toEqual(grade)
    const xml = renderJUnit({ ...grade, checks: grade.checks.map((check) => ({ ...check, found: '<a & "b">\u0007' })) })
    expect(xml).toContain('tests="3" failures="3" skipped="0"')
    expect(xml).toContain('message="&#60;a &#38; &#34;b&#34;&#62;"')
    expect(xml).not.toMatch(/&(?!#)|\u0007/)
  })
})

describe('an attempt is prepared by its seed', () => {
  it('chooses the same parameters for the same seed, and each of them for some', () => {
    const victim = (seed: string): unknown => prepareAttempt(load(), seed).parameters['victim']
    expect(victim('a')).toBe(victim('a'))
    expect(new Set(['1', '2', '3', '4', '5', '6', '7', '8'].map(victim))).toEqual(new Set(['worker-1', 'worker-2']))
  })

  it('fills the texts and says what to launch', () => {
    const prepared = prepareAttempt(load(), 's', chosen)
    expect(prepared.task.en).toContain('Node `worker-1` of cluster `kubernetes`')
    expect(JSON.stringify(prepared.scenario)).not.toContain('{{')
    expect(prepared).toMatchObject({
      timeMs: 360_000,
      options: { seed: 's', release: '1.35', controlPlanes: 1, workers: 2 },
    })
  })
})

describe('a proof', () => {
  it('finds points for nothing, a solution that does nothing, and a decoy that gets too much', async () => {
    const scenario = load((one) => (one.spec.setup = []))
    scenario.spec.solution = 'fail now'
    const proof = await proveScenario(scenario, async () => {
      const cluster = broken()
      cluster.state.units['worker-1:kubelet'] = { active: false, enabled: true }
      cluster.state.units['worker-2:kubelet'] = { active: false, enabled: true }
      return cluster
    })
    expect(proof.proven).toBe(false)
    const text = proof.findings.map(({ part, message }) => `${part}: ${message}`).join('\n')
    expect(text).toContain('untouched: check "starts-at-boot" gives 2 points although nothing was done')
    expect(text).toContain('solution: exits 1: it failed')
    expect(text).toContain('solution: check "ready" does not pass: wanted Node worker-1')
    expect(text).toContain('decoy "deletes the node": gets 2 points, stated are 0 (passed: starts-at-boot)')
    expect(proof.runs).toHaveLength(2)
  })

  it('finds a solution that works only when it is begun at once', async () => {
    const scenario = load((one) => (one.spec.setup = []))
    // What the solution leaves is right in the cluster's first minute, and broken by itself after that.
    const later = [{ atMs: 1_000_001, change: (state: FakeState) => void (state.objects = []) }]
    const objects = [node('worker-1', 'True'), node('worker-2', 'True')]
    const launch = async (): Promise<FakeCluster> => new FakeCluster({ objects, later })
    const parts = async (starts: number): Promise<string[]> =>
      (await proveScenario(scenario, launch, { starts })).findings
        .filter(({ message }) => message.startsWith('check "ready" does not pass'))
        .map(({ part }) => part)
    expect(await parts(1)).toEqual([])
    expect((await parts(3))[0]).toMatch(/^solution, begun \d+(\.\d+)? s later$/)
  })

  it('says which step of the setup failed', async () => {
    const proof = await proveScenario(
      load((one) => (one.spec.setup = [{ exec: { on: 'base', run: 'fail' } }])),
      async () => broken(),
    )
    expect(proof.findings[0]?.message).toBe('notready-worker: setup step 1: exec on base: exit 1: it failed')
  })
})
