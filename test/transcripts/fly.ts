/**
 * Every transcript shows what it says, and keeps the laws: a snapshot in the middle goes on to the same journal
 * with the same input, nobody changes an object of the API server's cache, and a boot from the same seed is the same.
 * `KUBEFLIGHT_REWRITE=1` writes the present output into the files, `KUBEFLIGHT_ONLY=part` takes those whose
 * name has that part. They are flown in several test files, so that more than one processor works on them.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Flight } from '../../engine/index.ts'
import type { FlightOptions } from '../../engine/flight.ts'
import { freezeCaches } from '../harness/freeze.ts'
import { makeText, parseTranscript, runStep, shownAs } from '../harness/transcript.ts'
import type { Step, Transcript } from '../harness/transcript.ts'

const FOLDER = import.meta.dirname
const REWRITE = process.env.KUBEFLIGHT_REWRITE === '1'
const ONLY = process.env.KUBEFLIGHT_ONLY ?? ''
/** The upgrade of a whole cluster takes its time. */
const LIMIT_MS = 600_000
const booted = new Map<string, string>()
const lawful = new Set<string>()

/** A flight that stands where the cluster is up; booted once for each kind of cluster. */
async function afterBoot(options: FlightOptions): Promise<Flight> {
  const key = JSON.stringify(options)
  if (!booted.has(key)) booted.set(key, JSON.stringify((await Flight.launch(options)).snapshot()))
  return Flight.restore(JSON.parse(booted.get(key) as string), {}, { isOwned: true })
}

/** A prompt in the middle, drawn from the name. */
function promptOf(name: string, { steps }: Transcript): number {
  const sum = [...name].reduce((total, letter) => (total * 31 + letter.charCodeAt(0)) % 1_000_003, 7)
  return sum % Math.max(1, steps.length)
}

/** The boot itself is flown twice for each kind of cluster: it gives the same journal. */
async function bootLawfully(options: FlightOptions): Promise<Flight> {
  const key = JSON.stringify(options)
  if (lawful.has(key)) return afterBoot(options)
  lawful.add(key)
  const flight = await Flight.launch(options)
  expect(flight.hash()).toBe((await afterBoot(options)).hash())
  return flight
}

/** From the prompt on, the steps again on a copy: the same input gives the same journal. */
async function flyOn(snapshot: string, steps: Step[]): Promise<string> {
  const copy = Flight.restore(JSON.parse(snapshot), {}, { isOwned: true })
  for (const step of steps) await runStep(copy, step)
  return copy.hash()
}

const names = readdirSync(FOLDER).filter((name) => name.endsWith('.transcript') && name.includes(ONLY))

/** Flies one part of `of` of all transcripts. */
export function flyPart(part: number, of: number): void {
  const mine = names.filter((_, index) => index % of === part - 1)
  describe(`transcripts ${part}/${of}`, () => {
    if (mine.length === 0) it.skip('none', () => {})
    else it.each(mine)('%s', (name) => fly(name), LIMIT_MS)
  })
}

async function fly(name: string): Promise<void> {
  const path = join(FOLDER, name)
  const text = readFileSync(path, 'utf8')
  const transcript = parseTranscript(text)
  const thaw = REWRITE ? () => {} : freezeCaches()
  try {
    const flight = await (REWRITE ? afterBoot(transcript.options) : bootLawfully(transcript.options))
    const prompt = promptOf(name, transcript)
    const outputs: string[][] = []
    let snapshot = ''
    for (const [index, step] of transcript.steps.entries()) {
      if (index === prompt && !REWRITE) snapshot = JSON.stringify(flight.snapshot())
      outputs.push(shownAs(step.expected, await runStep(flight, step)))
    }
    if (REWRITE) return writeFileSync(path, makeText(transcript, outputs))
    expect(makeText(transcript, outputs)).toBe(text)
    expect(await flyOn(snapshot, transcript.steps.slice(prompt))).toBe(flight.hash())
  } finally {
    thaw()
  }
}
