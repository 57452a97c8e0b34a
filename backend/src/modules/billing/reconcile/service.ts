import type { Transaction } from '../../../kernel/db/index.ts';
import { AppError, notFound } from '../../../kernel/errors/index.ts';
import type { EventBus } from '../../../kernel/events/index.ts';
import type { Person } from '../admin-repository.ts';
import type { BillingProvider } from '../provider.ts';
import type { ProviderName } from '../truth.ts';
import type { DriftFilter, DriftRepository } from './drift-repository.ts';
import type { Looker } from './look.ts';
import type { Pace } from './pace.ts';
import type { RunFilter, RunRepository, Starter } from './run-repository.ts';
import type { Run } from './run-row.ts';
import { noCounts, type Settle, type Settled } from './settle.ts';
import type { Item, WorkRepository } from './work-repository.ts';

export interface ReconcileServiceOptions {
  runs: RunRepository;
  ledger: DriftRepository;
  work: WorkRepository;
  looker: Looker;
  settle: Settle;
  providers: ReadonlyMap<ProviderName, { provider: BillingProvider; pace: Pace }>;
  events: EventBus;
  people: (ids: readonly string[]) => Promise<ReadonlyMap<string, Person>>;
  /** Resolves with the job's id, or null where one of the provider waits or runs. */
  enqueue: (runId: string, provider: ProviderName, tx: Transaction) => Promise<string | null>;
}

export interface StartedRun {
  run: ShownRun;
  /** False where one of this provider was under way already. */
  isNew: boolean;
}

/** With whoever asked for it by name. */
export type ShownRun = Omit<Run, 'requestedBy'> & { requestedBy: Person | null };

export interface UserReconciled {
  run: ShownRun;
  items: Settled[];
}

export type ReconcileService = ReturnType<typeof createReconcileService>;

/** Asking for reconciliations, and looking at what they found. What a run of a provider does is in `run.ts`. */
export function createReconcileService(options: ReconcileServiceOptions) {
  const { runs, ledger, work, looker, settle, providers, events, people, enqueue } = options;

  const progressed = (runId: string) => {
    events.publish('billing.reconciliation-progress', { runId });
  };

  async function named<T>(
    rows: readonly T[],
    idOf: (row: T) => string | null,
  ): Promise<(T & { person: Person | null })[]> {
    const ids = [...new Set(rows.map(idOf).filter((id) => id !== null))];
    const known = await people(ids);
    return rows.map((row) => {
      const id = idOf(row);
      return { ...row, person: id === null ? null : (known.get(id) ?? { id, email: null }) };
    });
  }

  const shown = async (rows: readonly Run[]): Promise<ShownRun[]> =>
    (await named(rows, ({ requestedBy }) => requestedBy)).map(({ person, ...run }) => ({
      ...run,
      requestedBy: person,
    }));

  async function shownOne(run: Run): Promise<ShownRun> {
    const [one] = await shown([run]);
    if (!one) throw notFound();
    return one;
  }

  /** Also where one is under way: should its job be gone, this brings it back. */
  async function startOne(provider: ProviderName, by: Starter): Promise<StartedRun> {
    const { run, isNew } = await runs.transaction(async (tx) => {
      const opened = await runs.openOrCreate(tx, provider, by);
      // It ended between the two statements.
      if (!opened) throw new AppError('CONFLICT');
      await enqueue(opened.run.id, provider, tx);
      return opened;
    });
    progressed(run.id);
    const { place: _place, steps: _steps, stalls: _stalls, ...seen } = run;
    return { run: await shownOne(seen), isNew };
  }

  return {
    providers: [...providers.keys()],

    /** One run of the provider, or of each. Who asks for a second one is shown the first. */
    async start(provider: ProviderName | undefined, by: Starter): Promise<StartedRun[]> {
      const wanted = provider === undefined ? [...providers.keys()] : [provider];
      if (wanted.length === 0 || (provider !== undefined && !providers.has(provider)))
        throw new AppError('STATE_CONFLICT', { message: 'There is no such provider to ask.' });
      const started: StartedRun[] = [];
      for (const name of wanted) started.push(await startOne(name, by));
      return started;
    },

    /**
     * Looks at everything of one user at once. What cannot be looked at is left as it is, and named. Rejects with NOT_FOUND
     * where there is no such account.
     */
    async user(
      userId: string,
      requestedBy: string | null,
      signal: AbortSignal,
    ): Promise<UserReconciled> {
      if (!(await work.isThere(userId))) throw notFound('No such account.');
      const startedAt = new Date();
      const { purchases, accounts } = await work.ofUser(
        userId,
        [...providers.values()].map(({ provider }) => provider),
      );
      const seen = await Promise.all(
        [...providers.values()].map(async ({ provider, pace }) => {
          const items: Item[] = [
            ...purchases
              .filter((purchase) => purchase.provider === provider.name)
              .map(
                (purchase) => ({ kind: 'purchase', id: purchase.id, purchase, tries: 0 }) as const,
              ),
            ...accounts
              .filter((account) => account.provider === provider.name)
              .map((account) => ({ kind: 'account', id: userId, account, tries: 0 }) as const),
          ];
          const { looks, away } = await looker.portion(items, provider, pace, signal);
          const failed = { kind: 'failed', code: away?.code ?? '', error: undefined } as const;
          const all = items.map((_item, index) => looks[index] ?? failed);
          return { provider: provider.name, items, looks: all };
        }),
      );
      const by = { startedBy: 'operator', requestedBy, startedAt } as const;
      const { run, items } = await runs.transaction(async (tx) => {
        const id = await runs.addOfUser(tx, userId, by);
        const counts = noCounts();
        const settledItems: Settled[] = [];
        for (const { provider, items: asked, looks } of seen) {
          const portion = await settle(tx, { id, provider }, asked, looks);
          settledItems.push(...portion.settled);
          for (const name of Object.keys(counts) as (keyof typeof counts)[])
            counts[name] += portion.counts[name];
        }
        return { run: await runs.countOfUser(tx, id, counts), items: settledItems };
      });
      progressed(run.id);
      return { run: await shownOne(run), items };
    },

    async list(filter: RunFilter) {
      const { rows, next } = await runs.list(filter);
      return { runs: await shown(rows), next };
    },

    /** Rejects with NOT_FOUND. */
    async run(id: string) {
      const found = await runs.find(id);
      if (!found) throw notFound('No such run.');
      return { run: await shownOne(found), leftovers: await work.listLeftovers(id) };
    },

    async drift(filter: DriftFilter) {
      const { rows, next } = await ledger.list(filter);
      const entries = await named(rows, ({ userId }) => userId);
      return {
        entries: entries.map(({ person, userId: _, ...entry }) => ({ ...entry, user: person })),
        next,
      };
    },
  };
}
