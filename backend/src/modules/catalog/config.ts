import {
  allOrNone,
  defineSection,
  httpUrl,
  integer,
  secretSetting,
  setting,
  token,
  type Fault,
  type Secret,
} from '../../kernel/config/index.ts';

/** A provider that is called, or is not there. */
export type ProviderSettings<T = unknown> =
  | { readonly kind: 'off' }
  | ({ readonly kind: 'on'; readonly baseUrl: string; readonly key: Secret } & T);

export interface CatalogSettings {
  readonly justtcg: ProviderSettings<{
    /** Cards asked for at a time. */
    readonly pageSize: number;
    /** With so many calls left today, synchronisations wait for tomorrow. */
    readonly quotaReserve: number;
  }>;
  readonly psa: ProviderSettings<{
    /** Over all processes, by UTC. */
    readonly callsPerDay: number;
  }>;
}

const pairs = [
  ['JUSTTCG_API_KEY', 'JUSTTCG_BASE_URL'],
  ['PSA_API_TOKEN', 'PSA_BASE_URL'],
] as const;

export const catalogSection = defineSection({
  owner: 'modules/catalog',
  keys: {
    JUSTTCG_API_KEY: secretSetting(token('the API key of your JustTCG account'), {
      doc: 'Key of JustTCG, where cards and prices come from. Without it nothing is synchronised.',
      example: 'tcg_your-api-key',
      optional: true,
    }),
    JUSTTCG_BASE_URL: setting(httpUrl('the URL of JustTCG'), {
      doc: 'Without it https://api.justtcg.com/v1.',
      example: 'https://api.justtcg.com/v1',
      optional: true,
    }),
    JUSTTCG_PAGE_SIZE: setting(integer(1, 200), {
      doc: 'Cards asked for at a time. Plans have a limit: Free 20, Starter and Professional 100, Enterprise 200.',
      default: '100',
    }),
    JUSTTCG_QUOTA_RESERVE: setting(integer(0, 100_000), {
      doc: 'With so many calls left for the day, synchronisations wait for the next one.',
      default: '20',
    }),
    PSA_API_TOKEN: secretSetting(token('the access token of your PSA account'), {
      doc: 'Token of the PSA public API, where certificates are looked up. Without it only those that are known are shown.',
      example: 'your-psa-access-token',
      optional: true,
    }),
    PSA_BASE_URL: setting(httpUrl('the URL of the PSA public API'), {
      doc: 'Without it https://api.psacard.com/publicapi.',
      example: 'https://api.psacard.com/publicapi',
      optional: true,
    }),
    PSA_CALLS_PER_DAY: setting(integer(1, 1_000_000), {
      doc: 'Calls that your PSA account has a day; a lookup takes two.',
      default: '100',
    }),
  },
  check(values, { environment, deployed }) {
    const faults: Fault[] = [];
    for (const [key, url] of pairs) {
      faults.push(...allOrNone(values, [key], [url]));
      if (deployed && values[url]?.startsWith('http:') === true)
        faults.push({
          variable: url,
          problem: `is plain http in ${environment}`,
          remedy: 'Set it to an https:// URL, or remove it',
        });
    }
    return faults;
  },
  settings: (values): CatalogSettings => ({
    justtcg:
      values.JUSTTCG_API_KEY === undefined
        ? { kind: 'off' }
        : {
            kind: 'on',
            key: values.JUSTTCG_API_KEY,
            baseUrl: values.JUSTTCG_BASE_URL ?? 'https://api.justtcg.com/v1',
            pageSize: values.JUSTTCG_PAGE_SIZE,
            quotaReserve: values.JUSTTCG_QUOTA_RESERVE,
          },
    psa:
      values.PSA_API_TOKEN === undefined
        ? { kind: 'off' }
        : {
            kind: 'on',
            key: values.PSA_API_TOKEN,
            baseUrl: values.PSA_BASE_URL ?? 'https://api.psacard.com/publicapi',
            callsPerDay: values.PSA_CALLS_PER_DAY,
          },
  }),
});
