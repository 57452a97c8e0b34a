import type { OperationsRepository } from './repository.ts';

export interface Person {
  id: string;
  email: string | null;
}

/** Whom an id names: the person, or null where it is none. */
export type Named = (id: string | null) => Person | null;

/** Tells who ids belong to. The rows that name them keep ids only, so that nobody's address lies around. */
export function createPeople(repository: Pick<OperationsRepository, 'emails'>) {
  return {
    /** Each row as `show` makes it. An id whose account is gone, or that cannot be looked up now, keeps its place. */
    async named<R, S>(rows: readonly R[], show: (row: R, named: Named) => S): Promise<S[]> {
      const ids = new Set<string>();
      const collect: Named = (id) => {
        if (id !== null) ids.add(id);
        return null;
      };
      for (const row of rows) show(row, collect);
      const emails = await repository.emails([...ids]);
      return rows.map((row) =>
        show(row, (id) => (id === null ? null : { id, email: emails.get(id) ?? null })),
      );
    },
  };
}

export type People = ReturnType<typeof createPeople>;
