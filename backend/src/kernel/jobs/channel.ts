import { createHash } from 'node:crypto';

/**
 * Where pg-boss tells that a job came, with the name of its queue. Ours is told there too: what is due again, and what was
 * resumed.
 */
export const channelName = `pgboss_${createHash('sha224').update('pgboss').digest('hex').slice(0, 24)}`;

/** The same as a literal of SQL. */
export const channel = `'${channelName}'`;
