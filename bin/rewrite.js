/** Rewrites the golden files: `npm run rewrite [-- PATTERN]`. Read the diff before you commit it. */
import { spawnSync } from 'node:child_process'

const env = { ...process.env, KUBEFLIGHT_REWRITE: '1' }
const { status } = spawnSync('npx', ['vitest', 'run', ...process.argv.slice(2)], { stdio: 'inherit', env })
process.exit(status ?? 1)
