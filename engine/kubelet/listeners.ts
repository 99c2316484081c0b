/**
 * Who listens on a pod's address, and what answers there. Plain functions that the network and the
 * tools use; the wiring of the cluster asks every kubelet in turn.
 */
import type { HttpRequest, HttpResponse } from '../fabric/http.ts'

/** An open TCP port of a pod (or, for a host-network pod, of its node). */
export interface Listening {
  podUid: string
  namespace: string
  pod: string
  container: string
  port: number
  /** The name of a responder, or `component:<name>`, `process` for a program that listens itself. */
  responder: string
  /** HTTP is spoken on it. */
  http: boolean
  /** PEM of the certificate that it shows. */
  certificate?: string
}

export interface Listeners {
  /** What listens on an address right now; undefined: refused (or nobody has the address). */
  listening(podIP: string, port: number): Listening | undefined
  /** Whether a pod sandbox of this node holds the address. */
  hasAddress(podIP: string): boolean
  /** Answers a request on a modelled HTTP listener and writes its access log. `from` is the client's address. */
  respond(podIP: string, port: number, request: HttpRequest, from: string): HttpResponse | undefined
}
