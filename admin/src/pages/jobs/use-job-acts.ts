import { useApi } from '../../api/context.ts';
import { useAct } from '../../api/use-act.ts';
import { count } from '../../parts/format.ts';

const changes = ['jobs', 'queues', 'overview'] as const;
const jobs = (many: number): string => (many === 1 ? '1 job' : `${count(many)} jobs`);
/** As many as the server takes in one request. */
const mostIds = 200;

/** What can be done to jobs. The messages say what the server did, which may be less than was asked for. */
export function useJobActs() {
  const api = useApi();
  const act = useAct();
  const inParts =
    (work: (ids: string[]) => Promise<number>) =>
    async (ids: string[]): Promise<number> => {
      let sum = 0;
      for (let from = 0; from < ids.length; from += mostIds)
        sum += await work(ids.slice(from, from + mostIds));
      return sum;
    };
  return {
    retry: (ids: string[]) =>
      act({
        what: 'Retry',
        work: () => inParts(api.retry)(ids),
        done: (done) => `${jobs(done)} will run now.`,
        changes,
      }),
    redrive: (ids: string[]) =>
      act({
        what: 'Redrive',
        work: () => inParts((part) => api.redrive({ ids: part }))(ids),
        done: (done) => `${jobs(done)} went back to the queue.`,
        changes,
      }),
    redriveAll: (queue: string | undefined) =>
      act({
        what: 'Redrive',
        work: () => api.redrive(queue === undefined ? { all: true } : { queue }),
        done: (done) => `${jobs(done)} went back to the queue.`,
        quietly: true,
        changes,
      }),
    discard: (ids: string[]) =>
      act({
        what: 'Discard',
        work: () => inParts(api.discard)(ids),
        done: (done) => `${jobs(done)} discarded.`,
        quietly: true,
        changes,
      }),
  };
}
