#!/usr/bin/env node
// Finds a Chromium for the browser tests, and installs Debian's when there is none and that is possible.
// As a command it prints the path. Order: $CHROMIUM_PATH, Playwright's own, the system's, Debian's package.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge']
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** What a browser needs in a container or on a build machine, and no talk with the outside. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const REMEDY = `No Chromium was found for the browser tests. One of these helps:
  - install one: apt-get install chromium, brew install --cask chromium, or npx playwright install chromium
  - name one: CHROMIUM_PATH=/path/to/chromium npm test`

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function onPath() {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram)
}

async function playwrightsOwn() {
  const { chromium } = await import('@playwright/test')
  const path = chromium.executablePath()
  return path !== '' && existsSync(path) ? path : undefined
}

function aptGet(...args) {
  const options = {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }
  const { status, stderr } = spawnSync('apt-get', ['-qq', ...args], options)
  if (status !== 0) process.stderr.write(stderr ?? '')
  return status === 0
}

function installDebians() {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined
  process.stderr.write("No Chromium on this machine: installing Debian's package (apt-get install chromium) …\n")
  if (!aptGet('update') || !aptGet('install', '-y', '--no-install-recommends', 'chromium')) return undefined
  return onPath()
}

/** The path of a Chromium. Throws with the remedy when there is none and none can be installed. */
export async function findChromium() {
  const named = process.env.CHROMIUM_PATH
  if (named !== undefined && named !== '') {
    if (isProgram(named)) return named
    throw new Error(`CHROMIUM_PATH names ${named}, which is not a program that can be run.`)
  }
  const found = (await playwrightsOwn()) ?? onPath() ?? PLACES.find(isProgram) ?? installDebians()
  if (found === undefined) throw new Error(REMEDY)
  return found
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  findChromium().then(
    (path) => console.log(path),
    (error) => {
      console.error(error.message)
      process.exitCode = 1
    },
  )
}
