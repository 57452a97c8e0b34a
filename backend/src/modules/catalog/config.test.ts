import { expect, test } from '@jest/globals';
import { collectSections } from '../../kernel/config/index.ts';
import { catalogSection } from './config.ts';
import {
  complaintsOf,
  productionEnvironment,
  randomSecret,
} from '../../../test/support/environment.ts';

const complaints = (variables: Record<string, string>, environment = 'production'): string[] =>
  complaintsOf(
    { ...productionEnvironment(), NODE_ENV: environment, ...variables },
    { sections: collectSections([{ name: 'catalog', config: catalogSection }]) },
  );

test('a provider is off without its key', () => {
  expect(complaints({})).toEqual([]);
});

test.each([
  ['JUSTTCG_BASE_URL', 'JUSTTCG_API_KEY'],
  ['PSA_BASE_URL', 'PSA_API_TOKEN'],
])('%s without %s is refused', (url, key) => {
  expect(complaints({ [url]: 'https://api.cards.dev/v1' })).toEqual([
    `${key} is missing, though ${url} is set`,
  ]);
  expect(complaints({ [url]: 'https://api.cards.dev/v1', [key]: randomSecret() })).toEqual([]);
});

test.each(['JUSTTCG', 'PSA'])(
  'a key of %s is sent over https only, but for development',
  (name) => {
    const key = name === 'PSA' ? 'PSA_API_TOKEN' : 'JUSTTCG_API_KEY';
    const variables = { [key]: randomSecret(), [`${name}_BASE_URL`]: 'http://api.cards.dev' };
    expect(complaints(variables)).toEqual([`${name}_BASE_URL is plain http in production`]);
    expect(complaints(variables, 'development')).toEqual([]);
  },
);
