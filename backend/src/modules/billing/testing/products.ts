import { parseProducts, type Products } from '../products.ts';

/** As `BILLING_PRODUCTS` has it. */
export const productTable = {
  'pro-monthly': {
    title: 'Pro, monthly',
    entitlements: ['pro'],
    stripe: 'price_pro_monthly',
    apple: 'test.bulwark.pro.monthly',
    google: ['pro_monthly', 'pro_monthly_old'],
  },
  'all-for-good': {
    title: 'Everything, for good',
    entitlements: ['pro', 'archive'],
    stripe: 'price_all',
    google: 'all_for_good',
  },
};

export const products = parsed(JSON.stringify(productTable));

function parsed(json: string): Products {
  const result = parseProducts(json);
  if ('problem' in result) throw new Error(`The table of the tests ${result.problem}`);
  return result.value;
}
