import { defineSection, setting } from '../section.ts';
import { integer } from '../value-kinds.ts';

const perMinute = integer(1, 1_000_000_000, ' of requests a minute');
const doc = (whom: string) => `Requests and socket events a minute ${whom}.`;

export const rateLimitSection = defineSection({
  owner: 'kernel/ratelimit',
  keys: {
    RATE_LIMIT_PUBLIC: setting(perMinute, {
      doc: doc('from one address (IPv6: one /64) where nobody has to sign in'),
      default: '300',
    }),
    RATE_LIMIT_SIGNED_IN: setting(perMinute, { doc: doc('of one user'), default: '600' }),
    RATE_LIMIT_AUTH_SENSITIVE: setting(perMinute, {
      doc: doc('where passwords or tokens could be guessed'),
      default: '20',
    }),
    RATE_LIMIT_EXPENSIVE: setting(perMinute, {
      doc: doc('of one user where one costs much'),
      default: '30',
    }),
    RATE_LIMIT_WEBHOOK: setting(perMinute, {
      doc: doc('from one address to the webhooks'),
      default: '3000',
    }),
  },
  settings: (values) => ({
    perMinute: {
      public: values.RATE_LIMIT_PUBLIC,
      'signed-in': values.RATE_LIMIT_SIGNED_IN,
      'auth-sensitive': values.RATE_LIMIT_AUTH_SENSITIVE,
      expensive: values.RATE_LIMIT_EXPENSIVE,
      webhook: values.RATE_LIMIT_WEBHOOK,
    },
  }),
});
