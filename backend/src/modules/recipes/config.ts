import {
  choice,
  defineSection,
  httpUrl,
  milliseconds,
  secretSetting,
  setting,
  token,
  type Fault,
  type Secret,
} from '../../kernel/config/index.ts';

export interface RecipesSettings {
  readonly suggestions:
    | { readonly kind: 'off' }
    | {
        readonly kind: 'on';
        readonly baseUrl: string;
        readonly key: Secret;
        readonly model: string;
        /** How long a caller waits for the model, in milliseconds. */
        readonly waitMs: number;
      };
}

const officialUrl = 'https://api.openai.com/v1';

export const recipesSection = defineSection({
  owner: 'modules/recipes',
  keys: {
    RECIPE_SUGGESTIONS: setting(choice('on', 'off'), {
      doc: 'Whether recipes are suggested by a language model. Without it they are where OPENAI_API_KEY is set.',
      example: 'on',
      optional: true,
    }),
    RECIPE_SUGGESTIONS_WAIT_MS: setting(milliseconds(100, 14_000), {
      doc: "How long a caller waits for the model before the caller's own recipes are suggested instead.",
      default: '5000',
    }),
    OPENAI_API_KEY: secretSetting(token('the API key of your OpenAI project'), {
      doc: 'Key of OpenAI, or of whoever speaks its API at OPENAI_BASE_URL.',
      example: 'sk-your-openai-api-key',
      optional: true,
    }),
    OPENAI_BASE_URL: setting(httpUrl('the URL of an OpenAI-compatible API'), {
      doc: `Without it ${officialUrl}.`,
      example: officialUrl,
      optional: true,
    }),
    OPENAI_MODEL: setting(token('the name of a model with structured outputs'), {
      doc: 'The model. It must know `response_format: json_schema`, and answer within seconds.',
      default: 'gpt-4.1-mini',
    }),
  },
  check(values, { environment, deployed }) {
    const { RECIPE_SUGGESTIONS: wanted, OPENAI_API_KEY: key, OPENAI_BASE_URL: url } = values;
    const faults: Fault[] = [];
    if (wanted === 'on' && key === undefined)
      faults.push({
        variable: 'OPENAI_API_KEY',
        problem: 'is missing, though RECIPE_SUGGESTIONS is on',
        remedy: 'Set it, or turn RECIPE_SUGGESTIONS off',
      });
    if (deployed && wanted !== 'off' && url?.startsWith('http:') === true)
      faults.push({
        variable: 'OPENAI_BASE_URL',
        problem: `is plain http in ${environment}`,
        remedy: 'Set it to an https:// URL, or remove it',
      });
    return faults;
  },
  settings(values): RecipesSettings {
    const key = values.OPENAI_API_KEY;
    if (key === undefined || values.RECIPE_SUGGESTIONS === 'off')
      return { suggestions: { kind: 'off' } };
    return {
      suggestions: {
        kind: 'on',
        key,
        baseUrl: values.OPENAI_BASE_URL ?? officialUrl,
        model: values.OPENAI_MODEL,
        waitMs: values.RECIPE_SUGGESTIONS_WAIT_MS,
      },
    };
  },
});
