/** Currencies whose amounts Stripe does not count in hundredths. */
const wholes = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));
const thousandths = new Set('bhd jod kwd omr tnd'.split(' '));

/** `3.00 of 9.00 USD` */
export function partOf(part: number, whole: number, currency: string): string {
  const digits = wholes.has(currency) ? 0 : thousandths.has(currency) ? 3 : 2;
  const shown = (amount: number) => (amount / 10 ** digits).toFixed(digits);
  return `${shown(part)} of ${shown(whole)} ${currency.toUpperCase()}`;
}
