/**
 * Webhooks taken in: Bulwark's inbox (signature, event and job in one transaction, access log, limits) against a bare Express
 * route that checks the same signature and writes one row. No bound: the second does less.
 */
import { withStack } from '../support/with-stack.ts';
import { webhookInbox } from './contests/webhook-inbox.ts';
import { printStandings } from './support/contest.ts';

await withStack(async (stack) => {
  printStandings(await webhookInbox(stack));
});
