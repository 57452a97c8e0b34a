import { createHmac } from 'node:crypto';

export const senderSecret = 'a-secret-of-the-sender-that-is-none';

/** Where a process is killed by what it does, once for each event. */
export type FaultPoint = 'stored' | 'before-effect' | 'before-commit';

export interface SentEvent {
  id: string;
  type: 'thing.happened';
  killAt?: FaultPoint;
  /** What its handler takes. */
  ms?: number;
}

/** Stripe's scheme: `t=…,v1=…` over the time and the very bytes. */
export function senderSignature(
  body: string | Buffer,
  at = Math.floor(Date.now() / 1_000),
): string {
  const digest = createHmac('sha256', senderSecret).update(`${at}.`).update(body).digest('hex');
  return `t=${at},v1=${digest}`;
}

/** Where a handler leaves what it did. An event named so is held back while it is being stored, so that a kill meets it there. */
export const senderTables = `
  create table public.webhook_effects (event_id text not null, at timestamptz not null default clock_timestamp());
  create table public.webhook_deaths (event_id text primary key);
  grant all on public.webhook_effects, public.webhook_deaths to service_role;
  create function public.hold_back() returns trigger language plpgsql as $$ begin
    perform pg_sleep(0.2);
    return null;
  end $$;
  create trigger hold_back after insert on bulwark.webhook_events
    for each row when (new.event_id like 'stored%') execute function public.hold_back()`;
