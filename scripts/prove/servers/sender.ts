/** The built server with every feature and a webhook of its own, whose sender is a claim or a bench. */
import { modules, runServer } from './built.ts';
import { sender } from './sender/index.ts';

await runServer([...modules, sender]);
