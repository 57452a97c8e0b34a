/** The built server's own parts, for programs that run it with more modules. The types are those of the sources. */
import type * as Db from '../../../backend/src/kernel/db/index.ts';
import type * as Errors from '../../../backend/src/kernel/errors/index.ts';
import type * as Http from '../../../backend/src/kernel/http/index.ts';
import type * as Jobs from '../../../backend/src/kernel/jobs/index.ts';
import type * as ModuleParts from '../../../backend/src/kernel/module/index.ts';
import type * as Realtime from '../../../backend/src/kernel/realtime/index.ts';
import type * as SchemaParts from '../../../backend/src/kernel/schema/index.ts';
import type * as Webhooks from '../../../backend/src/kernel/webhooks/index.ts';
import type * as Modules from '../../../backend/src/modules.ts';
import type * as Run from '../../../backend/src/run-server.ts';
import { load } from './load-built.ts';

export const { runServer } = await load<typeof Run>('run-server');
export const { modules } = await load<typeof Modules>('modules');
export const { runMigrations } = await load<typeof Db>('kernel/db/index');
export const errors = await load<typeof Errors>('kernel/errors/index');
export const { route } = await load<typeof Http>('kernel/http/index');
export const { defineJob, handleJob } = await load<typeof Jobs>('kernel/jobs/index');
export const { defineModule } = await load<typeof ModuleParts>('kernel/module/index');
export const { socketEvent } = await load<typeof Realtime>('kernel/realtime/index');
export const { Joi, shape, text, uuid, withDefault } =
  await load<typeof SchemaParts>('kernel/schema/index');
export const { signatureRefused } = await load<typeof Webhooks>('kernel/webhooks/index');
