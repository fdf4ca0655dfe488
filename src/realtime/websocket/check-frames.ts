import { type Static } from '@sinclair/typebox'
import { createCheck } from '../../http/validation.js'
import { checkResume, type Resume } from '../resume/check-resume.js'
import { clientFrames, type ClientFrameType } from '../../protocol/schemas/client-frames.js'
type Payloads<S extends 'store' | 'admin'> = {
  [T in ClientFrameType]: T extends 'resume' ? Resume : Static<(typeof clientFrames)[S][T]>
}
/** The checked payload of a client's frame. Only admins name the session. */
export type Payload<T extends ClientFrameType> = Payloads<'store'>[T] & Partial<Payloads<'admin'>[T]>

type Check = (payload: unknown) => unknown

const checksOf = (schemas: (typeof clientFrames)['store' | 'admin']) =>
  new Map<string, Check>([
    ...Object.entries(schemas).map(([type, schema]): [string, Check] => [type, createCheck(schema)]),
    ['resume', checkResume],
  ])

/** By side and type, a check that returns the payload or throws RequestError 400. */
export const clientFrameChecks = { store: checksOf(clientFrames.store), admin: checksOf(clientFrames.admin) }
