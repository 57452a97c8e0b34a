import type { Database } from '../db/index.ts';
import { Joi, nullable, shape, type Infer } from '../schema/index.ts';
import { minutesOfTries } from './recent-tries.ts';

const sighting = shape({
  minutes: minutesOfTries,
  inFlight: Joi.number().integer(),
  waiting: Joi.number().integer(),
  quota: nullable(
    shape({
      limit: nullable(Joi.number()),
      remaining: Joi.number(),
      resetsAt: nullable(Joi.date().iso()),
      notedAt: Joi.date().iso(),
    }),
  ),
});

/** What one process has seen of one provider lately. */
export type Sighting = Infer<typeof sighting>;

/** What a process showed so long ago is history, and so is what it held under way. */
const freshForSeconds = 30;
/** A quota is remembered for longer than a process has something to do. */
const forgottenAfter = '1 day';
const answerWithinMs = 1_000;

/** How processes show each other what they have seen of the providers. Rejects when the database does not answer. */
export interface Sightings {
  show(process: string, seen: ReadonlyMap<string, Sighting>): Promise<void>;
  /** Of the other processes, by provider. */
  read(process: string): Promise<Map<string, Sighting[]>>;
}

export function createSightings(db: Database): Sightings {
  return {
    async show(process, seen) {
      await db.statement(
        `with forgotten as (
           delete from bulwark.provider_sightings
           where seen_at < now() - interval '${forgottenAfter}' and process <> $1
         )
         insert into bulwark.provider_sightings (process, name, sighting)
         select $1, name, sighting from unnest($2::text[], $3::jsonb[]) as seen (name, sighting)
         on conflict (name, process) do update set sighting = excluded.sighting, seen_at = now()`,
        [process, [...seen.keys()], [...seen.values()].map((one) => JSON.stringify(one))],
        answerWithinMs,
      );
    },
    async read(process) {
      const { rows } = await db.statement<{ name: string; sighting: unknown; fresh: boolean }>(
        `select name, sighting, seen_at > now() - make_interval(secs => $2) as fresh
         from bulwark.provider_sightings
         where process <> $1 and seen_at > now() - interval '${forgottenAfter}'`,
        [process, freshForSeconds],
        answerWithinMs,
      );
      const found = new Map<string, Sighting[]>();
      for (const { name, sighting: value, fresh } of rows) {
        const result = sighting.validate(value);
        // A newer release may write what this one does not know.
        if (result.error) continue;
        const gone = fresh ? {} : { inFlight: 0, waiting: 0 };
        found.set(name, [...(found.get(name) ?? []), { ...result.value, ...gone }]);
      }
      return found;
    },
  };
}
