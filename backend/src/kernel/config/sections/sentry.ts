import { Joi } from '../../schema/index.ts';
import type { Fault } from '../fault.ts';
import { defineSection, secretSetting, setting } from '../section.ts';
import { ratio, token } from '../value-kinds.ts';

const dsn = (): Joi.StringSchema =>
  Joi.string()
    .custom((text: string, helpers) => (isDsn(text) ? text : helpers.error('any.invalid')))
    .description('the DSN of your Sentry project, such as https://key@o1.ingest.sentry.io/1');

function isDsn(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, pathname, search, hash } = new URL(text);
  return (
    /^https?:$/.test(protocol) &&
    username !== '' &&
    /^(?:\/[\w.-]+)*\/\d+$/.test(pathname) &&
    search + hash === ''
  );
}

export const sentrySection = defineSection({
  owner: 'kernel/telemetry',
  keys: {
    SENTRY_DSN: secretSetting(dsn(), {
      doc: 'Where errors are reported, scrubbed. Without it nothing is.',
      example: 'https://your-key@o1.ingest.sentry.io/1',
      kind: 'connection',
      optional: true,
    }),
    SENTRY_USER_SALT: secretSetting(token('a random secret: openssl rand -base64 48'), {
      doc: 'User ids are reported as hashes with this salt. Required with SENTRY_DSN in staging and production.',
      example: 'your-random-salt',
      optional: true,
    }),
    SENTRY_TRACES_SAMPLE_RATE: setting(ratio, {
      doc: 'Share of the requests whose route, status and duration are reported. The files for staging and production say 0.5 and 0.1. Errors are always reported.',
      default: '1',
    }),
    SENTRY_RELEASE: setting(
      Joi.string()
        .max(200)
        .pattern(/^[\w.@+-]+$/)
        .description('a version or commit'),
      {
        doc: 'The release that reports name. Without it the commit that was built.',
        example: '4f2a9c1',
        optional: true,
      },
    ),
  },
  check({ SENTRY_DSN: url, SENTRY_USER_SALT: salt }, { environment, deployed }) {
    const faults: Fault[] = [];
    if (url !== undefined && salt === undefined && deployed)
      faults.push({
        variable: 'SENTRY_USER_SALT',
        problem: `is missing in ${environment}, though SENTRY_DSN is set`,
        remedy: 'Set it to a random secret, the same in every process: openssl rand -base64 48',
      });
    if (url === undefined && salt !== undefined)
      faults.push({
        variable: 'SENTRY_DSN',
        problem: 'is missing, though SENTRY_USER_SALT is set',
        remedy: 'Set it, or remove SENTRY_USER_SALT',
      });
    return faults;
  },
  settings(values) {
    const { SENTRY_DSN: url } = values;
    if (url === undefined) return { kind: 'off' as const };
    return {
      kind: 'on' as const,
      dsn: url,
      userSalt: values.SENTRY_USER_SALT,
      tracesSampleRate: values.SENTRY_TRACES_SAMPLE_RATE,
      release: values.SENTRY_RELEASE,
    };
  },
});
