import { isIPv6 } from 'node:net';
import { ibanLength, isCardNumber } from './checksums.ts';

/**
 * How one kind of secret or personal value is found in text. Every pattern is global, and every run in it is bounded or
 * begins where a run begins, so that no input makes it backtrack for long.
 */
export interface Detector {
  /** Quick sign that the pattern may match; without it the pattern is not tried. */
  readonly sign: RegExp;
  readonly pattern: RegExp;
  /** What stands in its place, with the pattern's groups; or a function that may also give the match back as it is. */
  readonly instead: string | ((match: string, before: string) => string);
}

const digitsOf = (text: string): string => text.replace(/\D/g, '');
/** Values that errors of Postgres, of JSON.parse and of Joi repeat. */
export const quotedValues: readonly Detector[] = [
  {
    sign: /\)=\(/,
    pattern: /\bKey \(([^)\n]{0,500})\)=\([^\n]{0,2000}\)/g,
    instead: 'Key ($1)=([value])',
  },
  {
    sign: /Failing row/,
    pattern: /Failing row contains \([^\n]*/g,
    instead: 'Failing row contains ([value])',
  },
  {
    sign: /invalid|malformed|range/i,
    pattern: /\b((?:invalid input|malformed|invalid value|out of range)[^"\n]{0,80}: ?)"[^\n]*"/gi,
    instead: '$1"[value]"',
  },
  {
    sign: /with value/,
    pattern: /\bwith value "[^\n]*?"(?= |$)/gm,
    instead: 'with value "[value]"',
  },
  {
    sign: /is not valid JSON/,
    pattern:
      /(?:Unexpected token [^\n]{1,8}, )?(?:\.\.\.)?"[^]{0,200}?"(?:\.\.\.)? is not valid JSON/g,
    instead: '[value] is not valid JSON',
  },
];

/** Users and passwords in addresses. Looked for before percent-encoding is undone, which would put spaces into them. */
export const addresses: readonly Detector[] = [
  {
    // Their passwords may hold anything, also a slash or an at sign.
    sign: /:\/\//,
    pattern:
      /\b(postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|mssql|sqlserver):\/\/[^\s"'<>@]{0,300}:[^\s"'<>]{0,300}@/gi,
    instead: '$1://[credentials]@',
  },
  {
    sign: /:\/\/[^/]*@/,
    pattern: /:\/\/[^\s/?#"'<>]{1,500}@/g,
    instead: '://[credentials]@',
  },
];

export const credentials: readonly Detector[] = [
  {
    sign: /PRIVATE KEY/,
    pattern: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^]*?(?:-----END [A-Z ]{0,40}-----|$)/g,
    instead: '[key]',
  },
  {
    sign: /\beyJ/,
    pattern: /eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){0,3}/g,
    instead: '[token]',
  },
  {
    sign: /bearer|basic|token/i,
    pattern: /\b(bearer|basic|token)[\s+]{1,3}([\w.~+/=-]{8,})/gi,
    instead: (match) =>
      /[\d.=+/]|[a-z][A-Z]|\S{24}/.test(match)
        ? `${match.slice(0, match.search(/[\s+]/))} [token]`
        : match,
  },
  {
    sign: /_(?:live|test|prod|secret|publishable|key|pat)_|whsec_|sbp_|sk-|AKIA|ASIA|gh[pousr]_|AIza|ya29|GOCSPX|xox|SG\.|npm_|glpat/,
    pattern:
      /(?:[prs]k_(?:live|test|prod)_|whsec_|sb_(?:secret|publishable)_|sbp_|sk-|gh[pousr]_|github_pat_|AIza|ya29\.|GOCSPX-|xox[a-z]-|SG\.|npm_|glpat-|\b[a-z]{2,12}_(?:live|test|prod|secret|key)_)[\w+/.=-]{8,}|(?:AKIA|ASIA)[A-Z0-9]{12,}/g,
    instead: '[key]',
  },
  {
    // A purchase token of Google Play.
    sign: /\.AO-J1/,
    pattern: /[a-z0-9]{10,64}\.AO-J1[\w-]{10,}/g,
    instead: '[blob]',
  },
  {
    // Base64 in lines, as certificates and mail have it.
    sign: /\n[A-Za-z0-9+/]{20}/,
    pattern: /(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{40,}\r?\n){2,}[A-Za-z0-9+/]*={0,2}/g,
    instead: '[blob]',
  },
];

const longestPhone = 15;

/** Without it none of the signs below is there. */
export const personalSign = /[@\d]|::|[\da-f]:[\da-f]/i;

export const personal: readonly Detector[] = [
  {
    sign: /@/,
    pattern:
      /(?:"[^"\n]{1,64}"|(?<![^\s@<>()[\]{},;:"'/\\?&=#|])[^\s@<>()[\]{},;:"'/\\?&=#|]+)@(?:(?:[a-z\d\u00a1-\uffff-]{1,63}\.){1,8}[a-z\u00a1-\uffff]{1,63}|\[[\d.]{7,15}\])/gi,
    instead: '[email]',
  },
  {
    sign: /[A-Za-z]{2}\d{2}/,
    pattern: /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ +-]?[A-Za-z0-9]{1,4}){3,9}/g,
    instead: (match) => {
      const length = ibanLength(match);
      const next = match.charAt(length);
      return length > 0 && !/[A-Za-z0-9]/.test(next) ? `[iban]${match.slice(length)}` : match;
    },
  },
  {
    sign: /\d{4}[ +-]?\d{4}/,
    pattern:
      /(?<![A-Za-z\d.])(?:(?:\d{4}[ +-]){3}\d{1,7}|\d{4}[ +-]\d{6}[ +-]\d{4,5}|\d{13,19})(?![A-Za-z\d])/g,
    instead: (match) => (isCardNumber(digitsOf(match)) ? '[card]' : match),
  },
  {
    sign: /\d{3}[ +-]\d{2}[ +-]\d{4}/,
    pattern: /(?<![\w.-])(?!000|666|9\d\d)\d{3}([ +-])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])/g,
    instead: '[ssn]',
  },
  {
    sign: /::|(?:[\da-f]{1,4}:){3}/i,
    pattern: /(?<![\w:.])(?:[\da-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]{0,4})(?![\w:])/gi,
    instead: (match) => (/[\da-f]{2}/i.test(match) && isIPv6(match) ? '[ip]' : match),
  },
  {
    sign: /\d\.\d{1,3}\.\d/,
    pattern:
      /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\w|\.\d)/g,
    // Loopback and networks are nobody's, and four numbers may be a version.
    instead: (match, before) =>
      /^127\.|\.0\.0\.0$/.test(match) || /ver(?:sion)?[\s:=]{0,2}$/i.test(before) ? match : '[ip]',
  },
  {
    // +1 415 555 2671, +44 (0)20 7946 0958, 0049 30 123456
    sign: /\+[ (]?\d|\b00\d/,
    pattern: /(?<![\w.])(?:\+[ (]?[1-9]|00[1-9]\d{0,2}[ .-])(?:[ .()+-]{0,3}\d){6,15}(?!\w)/g,
    instead: (match) => (digitsOf(match).length <= longestPhone + 2 ? '[phone]' : match),
  },
  {
    // (415) 555-2671, 1-415-555-2671
    sign: /\d{3}\)?[ .+-]{1,2}\d{3}[ .+-]\d{4}/,
    pattern:
      /(?<![\w.+-])(?:1[ .+-])?(?:\(\d{3}\)[ +]?|\d{3}[ .+-])\d{3}[ .+-]\d{4}(?![\w-]|\.\d)/g,
    instead: '[phone]',
  },
  {
    // 020 7946 0958, 06 12 34 56 78, (030) 123456, 07700900123; not 05.11.2026
    sign: /0\d/,
    pattern:
      /(?<![\w.+:-])\(?0\d{1,5}\)?(?:[ +.-]\d{2,8}){1,5}(?![\w:-]|\.\d)|(?<![\w.+:-])0[1-9]\d{8,9}(?![\w:-]|\.\d)/g,
    instead: (match) => {
      const { length } = digitsOf(match);
      const isDate = /\d\d[.-]\d\d[.-]\d{4}/.test(match);
      return length >= 9 && length <= 12 && !isDate ? '[phone]' : match;
    },
  },
];
