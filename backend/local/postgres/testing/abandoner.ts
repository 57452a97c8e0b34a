/** Starts a throw-away cluster, says where, and waits to be killed. */
import { startThrowawayCluster } from '../throwaway.ts';
import { query } from './children.ts';

const { adminUrl } = await startThrowawayCluster();
const [place] = await query(
  adminUrl,
  `select current_setting('data_directory') as "dataDirectory",
          split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid`,
);
console.log(JSON.stringify({ adminUrl, ...place }));
