import type { Database } from '../../kernel/db/index.ts';
import type { Certificate } from './certificate-schema.ts';

export type CertificateRepository = ReturnType<typeof createCertificateRepository>;

const columnOf = {
  number: 'number',
  specId: 'spec_id',
  year: 'year',
  brand: 'brand',
  category: 'category',
  cardNumber: 'card_number',
  subject: 'subject',
  variety: 'variety',
  labelType: 'label_type',
  grade: 'grade',
  gradeDescription: 'grade_description',
  isDual: 'is_dual',
  population: 'population',
  populationWithQualifier: 'population_with_qualifier',
  populationHigher: 'population_higher',
  images: 'images',
  lookedUpAt: 'looked_up_at',
} as const satisfies Record<keyof Certificate, string>;

const fields = Object.entries(columnOf) as [keyof Certificate, string][];
const columns = fields.map(([, column]) => column);

/** What was looked up, and how often a provider was called today. */
export function createCertificateRepository(db: Database) {
  return {
    /** As it was last looked up, however long ago. */
    async find(number: string): Promise<Certificate | undefined> {
      const { rows } = await db.readAsCaller<Certificate>(
        { kind: 'anonymous' },
        `select ${fields.map(([name, column]) => `${column} as "${name}"`).join(', ')}
         from catalog.certificates where number = $1`,
        [number],
      );
      return rows[0];
    },

    async keep(certificate: Certificate): Promise<void> {
      await db.asService((tx) =>
        tx.query(
          `insert into catalog.certificates (${columns.join(', ')})
           values (${columns.map((_, index) => `$${index + 1}`).join(', ')})
           on conflict (number) do update
           set ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
          // The driver writes lists as Postgres arrays; this one is JSON.
          fields.map(([name]) =>
            name === 'images' ? JSON.stringify(certificate.images) : certificate[name],
          ),
        ),
      );
    },

    /** Takes calls from today's, over all processes. False, and nothing taken, where not so many are left. */
    async takeCalls(provider: string, calls: number, perDay: number): Promise<boolean> {
      const { rowCount } = await db.asService((tx) =>
        tx.query(
          `insert into catalog.provider_calls as today (provider, day, calls)
           select $1, (now() at time zone 'UTC')::date, $2::integer where $2::integer <= $3::integer
           on conflict (provider, day) do update set calls = today.calls + excluded.calls
           where today.calls + excluded.calls <= $3::integer`,
          [provider, calls, perDay],
        ),
      );
      return rowCount > 0;
    },

    /** The provider itself says that there are no more, or that some were not needed (`calls` below 0). */
    async countCalls(provider: string, calls: number): Promise<void> {
      await db.asService((tx) =>
        tx.query(
          `insert into catalog.provider_calls as today (provider, day, calls)
           values ($1, (now() at time zone 'UTC')::date, greatest($2::integer, 0))
           on conflict (provider, day) do update set calls = greatest(today.calls + $2::integer, 0)`,
          [provider, calls],
        ),
      );
    },
  };
}
