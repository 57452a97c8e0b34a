/** The least that a read costs: bare Express, a bare pool, one SELECT by its key as the owner of the table. */
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Pool } from 'pg';

const { DATABASE_URL, SQL = '' } = process.env;
const pool = new Pool({ connectionString: DATABASE_URL, max: 10 });
const app = express();
app.get('/api/v1/recipes/:id', async (request, response) => {
  const { rows } = await pool.query(SQL, [request.params.id]);
  response.json(rows[0]);
});
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.once('SIGTERM', () => process.exit(0));
