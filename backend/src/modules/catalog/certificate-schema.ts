import { type Infer, Joi, listOf, nullable, oneOf, shape } from '../../kernel/schema/index.ts';

const word = () => nullable(Joi.string().max(500));
const amount = () => nullable(Joi.number().integer());
import { bool } from './schema.ts';

/** What PSA knows of a graded card. */
const facts = {
  number: Joi.string(),
  specId: amount(),
  year: word(),
  brand: word(),
  category: word(),
  cardNumber: word(),
  subject: word(),
  variety: word(),
  labelType: word(),
  grade: word(),
  gradeDescription: word(),
  isDual: bool(),
  population: amount().description('Cards with this grade'),
  populationWithQualifier: amount(),
  populationHigher: amount().description('Cards with a higher grade'),
  images: listOf(shape({ url: Joi.string(), side: oneOf('front', 'back') })),
  lookedUpAt: Joi.date().iso(),
};

export const certificate = shape(facts);
/** What is kept of a number: null where PSA knows none. */
export const knownCertificate = nullable(certificate);

export const certificateAnswer = shape({
  ...facts,
  ageSeconds: Joi.number().integer().description('Since PSA was asked'),
  state: oneOf('fresh', 'stale', 'miss').description(
    'miss: PSA was asked for this; stale: as it was last known, where PSA cannot be asked or is only now asked anew',
  ),
});

/** Digits only, as on the label. */
export const certificateParams = shape({
  number: Joi.string()
    .pattern(/^\d{5,10}$/)
    .messages({ 'string.pattern.base': '{{#label}} must be 5 to 10 digits' }),
});

export type Certificate = Infer<typeof certificate>;
export type CertificateAnswer = Infer<typeof certificateAnswer>;
