/**
 * Makes engine/tools/kubectl/completion.gen.json: what `kubectl completion <shell>` prints, from a real kubectl.
 * Usage: npx tsx scripts/generate-completion.ts /path/to/kubectl
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

const SHELLS = ['bash', 'zsh', 'fish', 'powershell']
const [kubectl = 'kubectl'] = process.argv.slice(2)
const scripts = Object.fromEntries(
  SHELLS.map((shell) => [shell, execFileSync(kubectl, ['completion', shell], { encoding: 'utf8' })]),
)
writeFileSync(
  new URL('../engine/tools/kubectl/completion.gen.json', import.meta.url),
  `${JSON.stringify(scripts, null, 0)}\n`,
)
