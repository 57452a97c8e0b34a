/** The built server on a clock that its parent sets: a message `{ shiftMs }` moves it, forward or back. */
import { modules, runServer } from './built.ts';

const { now } = Date;
let shiftMs = 0;
const shifted = () => now() + shiftMs;

globalThis.Date = new Proxy(Date, {
  construct: (target, values: unknown[], newTarget) =>
    Reflect.construct(target, values.length === 0 ? [shifted()] : values, newTarget) as Date,
  get: (target, name): unknown => (name === 'now' ? shifted : Reflect.get(target, name)),
});
process.on('message', (message: unknown) => {
  if (typeof message !== 'object' || message === null || !('shiftMs' in message)) return;
  shiftMs = Number(message.shiftMs);
  process.send?.({ shiftedBy: shiftMs });
});

await runServer(modules);
