/** A flight behind a real port: what `kubeflight up` runs, and what tests with real clients start. */
import { Flight } from '../engine/index.ts'
import type { FlightOptions } from '../engine/index.ts'
import { servedCertificates } from './edge/cluster-certificates.ts'
import { Edge } from './edge/edge.ts'
import { Exchanges } from './edge/exchanges.ts'
import { makeKubeconfig } from './edge/kubeconfig.ts'
import { OutsideRequests } from './outside-requests.ts'
import { Pace } from './pace.ts'
import type { PaceSpeed } from './pace.ts'

export interface ClusterServerOptions {
  flight: FlightOptions
  speed: PaceSpeed
  host?: string
  port?: number
  /** Runs on to the wall clock before serving: clients compute ages with their own clock. */
  meetWallClock?: boolean
  onFailure?: (error: Error) => void
  log?: (line: string) => void
}

export interface ClusterServer {
  url: string
  kubeconfig: string
  flight: Flight
  pace: Pace
  close: () => Promise<void>
}

/** How long before now a cluster is booted, so that it is up when its clock meets the wall clock. */
export const BOOTED_BEFORE_MS = 120_000

async function meetWallClock(flight: Flight): Promise<void> {
  const aheadMs = Date.now() - flight.clockMs
  if (aheadMs > 0) await flight.advance(aheadMs)
}

export async function serveCluster(options: ClusterServerOptions): Promise<ClusterServer> {
  const { host = '127.0.0.1', port = 0, log } = options
  const exchanges = new Exchanges()
  const outside = new OutsideRequests()
  const flight = await Flight.launch(options.flight, { ...exchanges.listeners, ...outside.listeners })
  outside.attach(flight)
  if (options.meetWallClock === true) await meetWallClock(flight)
  const pace = new Pace(flight, { speed: options.speed, onFailure: (error) => fail(error) })
  const fail = (error: Error): void => {
    exchanges.breakAll('unexpected EOF')
    options.onFailure?.(error)
  }
  exchanges.attach(flight, pace)
  const { certificates, identify } = servedCertificates(flight, [host, ...flight.hosts().map(({ ip }) => ip)])
  const edge = new Edge({
    exchanges,
    certificates,
    ...(identify && { identify }),
    host,
    port,
    ...(log !== undefined && { log }),
  })
  const url = await edge.listen()
  pace.start()
  const close = async (): Promise<void> => {
    await edge.close()
    await pace.stop()
  }
  return {
    url,
    kubeconfig: makeKubeconfig({ server: url, cluster: options.flight.name ?? 'kubernetes', certificates }),
    flight,
    pace,
    close,
  }
}
