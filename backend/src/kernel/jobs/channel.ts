/**
 * Where pg-boss tells that a job came, with the name of its queue: an SQL expression and the name that it stands for. Ours is
 * told there too: what is due again, and what was resumed.
 */
export const channel = `('pgboss_' || left(encode(sha224('pgboss'::bytea), 'hex'), 24))`;
