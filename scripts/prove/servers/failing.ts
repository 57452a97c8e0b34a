/** The built server with a feature that fails on request. */
import { failingModule } from '../../../backend/test/support/failing-module.ts';
import { defineModule, Joi, route, runServer, shape, socketEvent } from './built.ts';

await runServer([failingModule({ route, defineModule, socketEvent, Joi, shape })]);
