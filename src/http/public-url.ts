import type { FastifyRequest } from 'fastify'

/** What clients reach this service by, without a slash at its end: as configured, or as this request has reached it. */
export const readPublicUrl = (
  { publicUrl }: { publicUrl: string | undefined },
  { protocol, host }: Pick<FastifyRequest, 'protocol' | 'host'>,
): string => publicUrl ?? `${protocol}://${host}`
