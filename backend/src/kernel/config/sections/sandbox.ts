import { defineSection, setting } from '../section.ts';
import { httpUrl } from '../value-kinds.ts';

/** Whoever reaches the sandbox's control API decides how providers behave, so no server that others use may know one. */
export const sandboxSection = defineSection({
  owner: 'kernel/config',
  keys: {
    PROVIDER_SANDBOX_URL: setting(httpUrl('the URL of the provider sandbox'), {
      doc: 'Where the stand-in for the providers is told to misbehave. `npm start` sets it; refused in staging and production.',
      example: 'http://127.0.0.1:54323',
      optional: true,
    }),
  },
  check: ({ PROVIDER_SANDBOX_URL: url }, { environment, deployed }) =>
    deployed && url !== undefined
      ? [
          {
            variable: 'PROVIDER_SANDBOX_URL',
            problem: `is set in ${environment}`,
            remedy: 'Remove it; the sandbox is for development only',
          },
        ]
      : [],
  settings: ({ PROVIDER_SANDBOX_URL: url }) =>
    url === undefined ? { kind: 'off' as const } : { kind: 'on' as const, url },
});
