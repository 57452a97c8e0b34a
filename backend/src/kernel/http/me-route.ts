import { Joi, nullable, oneOf, shape, uuid } from '../schema/index.ts';
import { route } from './route.ts';

const me = shape({
  id: uuid(),
  email: nullable(Joi.string()),
  role: oneOf('user', 'admin', 'service'),
  isAnonymous: Joi.boolean(),
  sessionId: nullable(Joi.string()),
  expiresAt: Joi.string().isoDate(),
});

/** Who the server takes the caller for. Needs no query: everything is in the verified token. */
export const meRoute = route({
  method: 'get',
  path: '/me',
  summary: 'Who am I',
  tag: 'identity',
  auth: 'user',
  rateLimit: 'signed-in',
  responses: { 200: { description: 'The caller', body: me } },
  handler: ({ caller: { claims, userId, role } }) =>
    Promise.resolve({
      body: {
        id: userId,
        email: claims.email ?? null,
        role,
        isAnonymous: claims.isAnonymous,
        sessionId: claims.sessionId ?? null,
        expiresAt: claims.expiresAt,
      },
    }),
});
