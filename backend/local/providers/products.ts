/** What is sold in the sandboxes of Stripe and of both stores, as `BILLING_PRODUCTS` has it. */
export const billingProducts = JSON.stringify({
  'pro-monthly': {
    title: 'Pro, monthly',
    entitlements: ['pro'],
    stripe: 'price_sandbox_pro_monthly',
    apple: 'sandbox.pro.monthly',
    google: 'sandbox_pro_monthly',
  },
  'pro-yearly': {
    title: 'Pro, yearly',
    entitlements: ['pro'],
    stripe: 'price_sandbox_pro_yearly',
    apple: 'sandbox.pro.yearly',
    google: 'sandbox_pro_yearly',
  },
  'team-monthly': {
    title: 'Team, monthly',
    entitlements: ['pro', 'team'],
    stripe: 'price_sandbox_team_monthly',
    apple: 'sandbox.team.monthly',
    google: 'sandbox_team_monthly',
  },
  'archive-for-good': {
    title: 'The archive, for good',
    entitlements: ['archive'],
    stripe: 'price_sandbox_archive',
    apple: 'sandbox.archive',
    google: 'sandbox_archive',
  },
});
