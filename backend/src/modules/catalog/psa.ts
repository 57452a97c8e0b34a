import type { Provider, Providers } from '../../kernel/resilience/index.ts';
import { Joi, listOf, nullable, optional, shape } from '../../kernel/schema/index.ts';
import type { Certificate } from './certificate-schema.ts';
import type { CatalogSettings } from './config.ts';
import { bool } from './schema.ts';

type Settings = Extract<CatalogSettings['psa'], { kind: 'on' }>;

const word = () => optional(Joi.string().allow(null, '').max(500));
const amount = () => optional(Joi.number().integer().min(0).max(2_147_483_647).allow(null));

/** Where there is nothing, PSA answers 200 with a message instead of a certificate. */
const certificateAnswer = shape({
  IsValidRequest: optional(bool()),
  ServerMessage: word(),
  PSACert: optional(
    shape({
      CertNumber: Joi.string().max(20),
      SpecID: amount(),
      LabelType: word(),
      Year: word(),
      Brand: word(),
      Category: word(),
      CardNumber: word(),
      Subject: word(),
      Variety: word(),
      IsDualCert: optional(nullable(bool())),
      GradeDescription: word(),
      CardGrade: word(),
      TotalPopulation: amount(),
      TotalPopulationWithQualifier: amount(),
      PopulationHigher: amount(),
    }).allow(null),
  ),
});
const imagesAnswer = listOf(
  shape({
    IsFrontImage: optional(nullable(bool())),
    ImageURL: Joi.string()
      .uri({ scheme: ['https'] })
      .max(2_000),
  }),
).max(20);

export type CertificateFacts = Omit<Certificate, 'images' | 'lookedUpAt'>;
export type CertificateImages = Certificate['images'];
export type Psa = ReturnType<typeof createPsa>;

/**
 * PSA's public API. Each call counts against a quota of few a day, so none is tried twice. Rejects as every Provider does;
 * its own refusal for the quota is UPSTREAM_RATE_LIMITED.
 */
export function createPsa(settings: Settings, providers: Providers) {
  const provider: Provider = providers.create({
    name: 'psa',
    baseUrl: settings.baseUrl,
    headers: () => ({ authorization: `bearer ${settings.key.reveal()}` }),
    attempts: 1,
    concurrency: 4,
    queue: 20,
  });
  const interactive = true;

  return {
    callsPerDay: settings.callsPerDay,
    noteQuota: provider.noteQuota,

    /** Null where no such certificate was given out. */
    async certificate(number: string, signal: AbortSignal): Promise<CertificateFacts | null> {
      const { body } = await provider.fetchJson({
        path: `/cert/GetByCertNumber/${number}`,
        schema: certificateAnswer,
        interactive,
        signal,
      });
      return body.PSACert ? factsOf(number, body.PSACert) : null;
    },

    /** Front first. Empty where PSA has none, as for those graded before October 2021. */
    async images(number: string, signal: AbortSignal): Promise<CertificateImages> {
      const { body } = await provider.fetchJson({
        path: `/cert/GetImagesByCertNumber/${number}`,
        schema: imagesAnswer,
        interactive,
        signal,
      });
      return body
        .map(({ ImageURL: url, IsFrontImage: front }) => ({
          url,
          side: front === true ? ('front' as const) : ('back' as const),
        }))
        .sort((one, other) => (one.side === other.side ? 0 : one.side === 'front' ? -1 : 1));
    },
  };
}

type Answered = NonNullable<
  (typeof certificateAnswer extends Joi.ObjectSchema<infer T> ? T : never)['PSACert']
>;

const factsOf = (number: string, cert: Answered): CertificateFacts => ({
  number,
  specId: cert.SpecID ?? null,
  year: cert.Year || null,
  brand: cert.Brand || null,
  category: cert.Category || null,
  cardNumber: cert.CardNumber || null,
  subject: cert.Subject || null,
  variety: cert.Variety || null,
  labelType: cert.LabelType || null,
  grade: cert.CardGrade || null,
  gradeDescription: cert.GradeDescription || null,
  isDual: cert.IsDualCert ?? false,
  population: cert.TotalPopulation ?? null,
  populationWithQualifier: cert.TotalPopulationWithQualifier ?? null,
  populationHigher: cert.PopulationHigher ?? null,
});
