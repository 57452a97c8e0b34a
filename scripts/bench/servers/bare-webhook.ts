/** The least that a webhook costs: bare Express, the same signature over the raw body, one INSERT by a bare pool. */
import { timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Pool } from 'pg';
import { senderSignature } from '../../prove/servers/sender/signed.ts';

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const app = express();
app.post(
  '/api/v1/webhooks/sender',
  express.raw({ type: () => true, limit: '1mb' }),
  async (request, response) => {
    const body = request.body as Buffer;
    const given = Buffer.from(request.get('x-signature') ?? '');
    const at = Number(/^t=(\d+),/.exec(given.toString())?.[1]);
    const expected = Buffer.from(senderSignature(body, at));
    const isTheirs = given.length === expected.length && timingSafeEqual(given, expected);
    if (!isTheirs || !(Math.abs(Date.now() / 1_000 - at) <= 300)) {
      response.status(400).json({ error: 'no' });
      return;
    }
    const { id, type } = JSON.parse(body.toString()) as { id: string; type: string };
    await pool.query(
      'insert into public.bare_events (id, type, body) values ($1, $2, $3) on conflict do nothing',
      [id, type, body.toString()],
    );
    response.json({ received: true });
  },
);
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.once('SIGTERM', () => process.exit(0));
