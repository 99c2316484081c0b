/** Each scenario, flown in the browser by its stored solution. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadScenario, prepareAttempt } from '../../engine/index.ts'
import { expect, test } from './cockpit.ts'

const FOLDER = new URL('../../scenarios/', import.meta.url).pathname

const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yaml'))
  .sort()

for (const file of files) {
  const loaded = loadScenario(readFileSync(join(FOLDER, file), 'utf8'), file)
  if (!('scenario' in loaded)) continue
  const { scenario } = loaded

  test(`${scenario.metadata.name} is solved by its solution`, async ({ cockpit }) => {
    await cockpit.fly(scenario.metadata.name)
    const { seed } = await cockpit.attempt()
    await cockpit.speed(60)
    await cockpit.script(prepareAttempt(scenario, seed).scenario.spec.solution)
    const said = await cockpit.screen.innerText()
    await cockpit.submit()
    const { result } = await cockpit.attempt()
    const missed = result?.criteria.filter(({ got, points }) => got < points)
    expect(missed, `seed ${seed}; the terminal's last page:\n${said}`).toEqual([])
    await expect(cockpit.page.getByText('Passed', { exact: true })).toBeVisible()
  })
}
