/** The least that Express can do: one route, one JSON body. What everything else is measured against. */
import type { AddressInfo } from 'node:net';
import express from 'express';

const body = JSON.parse(process.env.BODY ?? '{}') as unknown;
const app = express();
app.get('/api/v1/me', (_request, response) => {
  response.json(body);
});
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.once('SIGTERM', () => process.exit(0));
