import { remembered } from './remembered.ts';

/**
 * What is done with a value because of its name: `always` replaces it whatever it is, `text` only where it is a text (an
 * object under such a name is looked into). Compared without case and punctuation: `Set-Cookie` and `setCookie` are one.
 */
export type Sensitivity = 'always' | 'text';

const list = (words: string): string[] => words.trim().split(/\s+/);

/** Part of a longer name they still mean the same: `passwordConfirmation`, `newPasswordHash`, `billing_email`. */
const parts = list(`
  password passwd passphrase secret credential apikey privatekey authorization email socialsecurity receiptdata
`);

const endings = list(`
  token accesskey signingkey encryptionkey servicerolekey anonkey cookie cookies connectionstring databaseurl
  phone phonenumber cardnumber accountnumber routingnumber iban ssn cvv cvc
  firstname lastname middlename fullname surname givenname familyname username displayname nickname holdername
  ipaddress clientip remoteip forwardedfor realip connectingip remoteaddress
  dateofbirth birthdate birthday postalcode postcode zipcode streetaddress
`);

const names = list(`
  pwd pass pin otp totp jwt sid connectsid csrf xsrf dsn signature verificationcode mfacode
  phones telephone mobile tel fax pan ccnumber taxid nationalid passport cardholder accountholder nameoncard
  address addressline1 addressline2 homeaddress billingaddress shippingaddress street line1 line2 zip dob
  latitude longitude ip ips forwarded
  body rawbody requestbody responsebody original
  receipt latestreceipt latestreceiptinfo transactionreceipt signedpayload signedtransactioninfo signedrenewalinfo
  parameters
`);

/** Postgres and PostgREST repeat rows in these; elsewhere the names are innocent. */
const textNames = list('detail details where internalquery query querystring auth');

/** Of what a name ends with, which is what tells. */
const longestName = 100;

export type SensitivityOf = (name: string) => Sensitivity | undefined;

/** Tells the sensitivity of a name. `extra` are further names of `always`, from the configuration. */
export function sensitiveNames(extra: readonly string[]): SensitivityOf {
  const always = new Set([...names, ...extra.map(plain)]);
  const text = new Set(textNames);
  return remembered((name) => {
    const word = plain(name.slice(-longestName));
    if (always.has(word)) return 'always';
    if (endings.some((ending) => word.endsWith(ending))) return 'always';
    if (parts.some((part) => word.includes(part))) return 'always';
    return text.has(word) ? 'text' : undefined;
  });
}

const plain = (name: string): string => name.replace(/[^a-z0-9]/gi, '').toLowerCase();
