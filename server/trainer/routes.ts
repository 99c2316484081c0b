/** The trainer's REST interface: shapes in server/contract.ts. Bodies are checked before a handler sees them. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { randomBytes } from 'node:crypto'
import type { Language, Speed } from '../contract.ts'
import { Refused } from '../limits.ts'
import type { Desk } from '../desk.ts'
import { ownerOf } from '../sessions.ts'
import type { Sessions } from '../sessions.ts'
import type { Session } from '../session.ts'
import { makeCookie, newCookie, readCookie } from './cookies.ts'

export interface RouteTools {
  sessions: Sessions
  desk: Desk
}

const START = {
  type: 'object',
  additionalProperties: false,
  required: ['scenario'],
  properties: {
    scenario: { type: 'string', maxLength: 100 },
    language: { enum: ['en', 'ko'] },
    seed: { type: 'string', minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9._-]+$' },
  },
}
const SPEED = {
  type: 'object',
  additionalProperties: false,
  required: ['speed'],
  properties: { speed: { enum: [1, 10, 60] } },
}
const EMPTY = { type: ['object', 'null'], additionalProperties: false, properties: {} }
const ID = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string', pattern: '^[A-Za-z0-9_-]{10,64}$' } },
}

type WithId = { Params: { id: string } }

/** Whose request it is; a browser without our cookie gets one with the answer. */
function owner(request: FastifyRequest, reply: FastifyReply): string {
  const known = readCookie(request.headers.cookie)
  if (known !== undefined) return ownerOf(known)
  const fresh = newCookie()
  void reply.header('set-cookie', makeCookie(fresh, request.protocol === 'https'))
  return ownerOf(fresh)
}

export function addRoutes(app: FastifyInstance, { sessions, desk }: RouteTools): void {
  const session = (request: FastifyRequest<WithId>, reply: FastifyReply): Promise<Session> =>
    sessions.open(request.params.id, owner(request, reply))

  app.get('/api/scenarios', (request, reply) => {
    owner(request, reply)
    return desk.catalogue()
  })

  app.get('/api/attempts', (request, reply) => sessions.list(owner(request, reply)))

  app.post<{ Body: { scenario: string; language?: Language; seed?: string } }>(
    '/api/attempts',
    { schema: { body: START } },
    async (request, reply) => {
      const { scenario, language = 'en', seed = randomBytes(6).toString('hex') } = request.body
      const started = await sessions.start(owner(request, reply), scenario, language, seed)
      return reply.code(201).send(started.view())
    },
  )

  app.get<WithId>('/api/attempts/:id', { schema: { params: ID } }, async (request, reply) =>
    (await session(request, reply)).view(),
  )

  app.delete<WithId>('/api/attempts/:id', { schema: { params: ID } }, async (request, reply) => {
    await sessions.remove(request.params.id, owner(request, reply))
    return reply.code(200).send({})
  })

  app.post<WithId>('/api/attempts/:id/hint', { schema: { params: ID, body: EMPTY } }, async (request, reply) =>
    (await session(request, reply)).hint(),
  )
  app.post<WithId>('/api/attempts/:id/check', { schema: { params: ID, body: EMPTY } }, async (request, reply) =>
    (await session(request, reply)).check(),
  )
  app.post<WithId>('/api/attempts/:id/submit', { schema: { params: ID, body: EMPTY } }, async (request, reply) =>
    (await session(request, reply)).submit(),
  )
  app.post<WithId>('/api/attempts/:id/skip', { schema: { params: ID, body: EMPTY } }, async (request, reply) =>
    (await session(request, reply)).skip(),
  )

  app.post<WithId & { Body: { speed: Speed } }>(
    '/api/attempts/:id/speed',
    { schema: { params: ID, body: SPEED } },
    async (request, reply) => {
      const one = await session(request, reply)
      one.setSpeed(request.body.speed)
      return one.clock()
    },
  )

  app.all('/api/*', () => {
    throw new Refused(404, 'no such thing in the API')
  })
}
