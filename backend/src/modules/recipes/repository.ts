import type { Database, ReadOptions, RowIdentity, Transaction } from '../../kernel/db/index.ts';
import type { Position } from './cursor.ts';
import type { Versions } from './etag.ts';
import type { NewRecipe, Recipe, RecipeChanges } from './schema.ts';

export interface RecipeFilter {
  after: Position | undefined;
  limit: number;
  tag?: string;
  q?: string;
  owner?: 'me';
  visibility?: 'public' | 'private';
}

export type RecipeRepository = ReturnType<typeof createRecipeRepository>;

const columns = `id, owner_id as "ownerId", title, description, ingredients, steps, tags,
  is_public as "isPublic", servings, prep_minutes as "prepMinutes", version,
  created_at as "createdAt", updated_at as "updatedAt"`;

/** Row-level security decides which rows a caller sees and changes, so no statement names the owner again. */
export function createRecipeRepository(db: Database) {
  const query = async <R>(
    caller: RowIdentity,
    sql: string,
    values: readonly unknown[],
  ): Promise<R[]> => (await db.asCaller(caller, (tx) => tx.query<R>(sql, values))).rows;

  return {
    /** In a transaction with the rights of whose recipe it is to be. */
    async create(tx: Transaction, draft: NewRecipe): Promise<Recipe> {
      const { names, values } = assignments(draft);
      const { rows } = await tx.query<Recipe>(
        `insert into public.recipes (${names.join(', ')})
         values (${names.map((_, index) => `$${index + 1}`).join(', ')})
         returning ${columns}`,
        values,
      );
      const [recipe] = rows;
      if (!recipe) throw new Error('The new recipe was not returned');
      return recipe;
    },

    async find(caller: RowIdentity, id: string, signal?: AbortSignal): Promise<Recipe | undefined> {
      const { rows } = await db.readAsCaller<Recipe>(
        caller,
        `select ${columns} from public.recipes where id = $1`,
        [id],
        reading(signal),
      );
      return rows[0];
    },

    async list(caller: RowIdentity, filter: RecipeFilter, signal?: AbortSignal): Promise<Recipe[]> {
      const { rows } = await db.readAsCaller<Recipe>(
        caller,
        `select ${columns} from public.recipes
         where ($1::timestamptz is null or (created_at, id) < ($1, $2::uuid))
           and ($3::text is null or tags @> array[$3])
           and ($4::text is null or title ilike $4
                or exists (select from jsonb_array_elements(ingredients) as i where i ->> 'name' ilike $4))
           and ($5::text is null or owner_id = (select auth.uid()))
           and ($6::boolean is null or is_public = $6)
         order by created_at desc, id desc
         limit $7`,
        [
          filter.after?.createdAt,
          filter.after?.id,
          filter.tag,
          filter.q === undefined ? undefined : containing(filter.q),
          filter.owner,
          filter.visibility === undefined ? undefined : filter.visibility === 'public',
          filter.limit,
        ],
        reading(signal),
      );
      return rows;
    },

    /** The caller's own, newest first. */
    async newestOwn(caller: RowIdentity, limit: number, signal?: AbortSignal): Promise<Recipe[]> {
      const { rows } = await db.readAsCaller<Recipe>(
        caller,
        `select ${columns} from public.recipes where owner_id = (select auth.uid())
         order by created_at desc, id desc limit $1`,
        [limit],
        reading(signal),
      );
      return rows;
    },

    /** Nothing comes back where the caller may not, or the row is at another version. */
    async update(
      caller: RowIdentity,
      id: string,
      expected: Versions,
      changes: RecipeChanges,
    ): Promise<Recipe | undefined> {
      const { names, values } = assignments(changes);
      const [recipe] = await query<Recipe>(
        caller,
        `update public.recipes set ${names.map((name, index) => `${name} = $${index + 3}`).join(', ')}
         where id = $1 and ($2::integer[] is null or version = any ($2))
         returning ${columns}`,
        [id, versionList(expected), ...values],
      );
      return recipe;
    },

    /** Cooking sessions go with their recipe: the ids of those that were active, or nothing as in `update`. */
    async remove(
      caller: RowIdentity,
      id: string,
      expected: Versions,
    ): Promise<{ sessionIds: string[] } | undefined> {
      const [removed] = await query<{ sessionIds: string[] }>(
        caller,
        `delete from public.recipes
         where id = $1 and ($2::integer[] is null or version = any ($2))
         returning array(select recipes_private.sessions_cooking(id)) as "sessionIds"`,
        [id, versionList(expected)],
      );
      return removed;
    },
  };
}

const columnOf: Readonly<Record<keyof NewRecipe, string>> = {
  title: 'title',
  description: 'description',
  ingredients: 'ingredients',
  steps: 'steps',
  tags: 'tags',
  isPublic: 'is_public',
  servings: 'servings',
  prepMinutes: 'prep_minutes',
};

/** Column names come from the map above, values stay parameters. What is not given keeps its default or its value. */
function assignments(given: RecipeChanges): { names: string[]; values: unknown[] } {
  const keys = (Object.keys(columnOf) as (keyof NewRecipe)[]).filter((key) => key in given);
  return {
    names: keys.map((key) => columnOf[key]),
    // The driver writes lists as Postgres arrays; these two are JSON.
    values: keys.map((key) =>
      key === 'ingredients' || key === 'steps' ? JSON.stringify(given[key]) : given[key],
    ),
  };
}

const versionList = (versions: Versions): readonly number[] | null =>
  versions === 'any' ? null : versions;

const containing = (text: string): string => `%${text.replace(/[\\%_]/g, String.raw`\$&`)}%`;

const reading = (signal: AbortSignal | undefined): ReadOptions => (signal ? { signal } : {});
