import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createLogger } from '../logging/index.ts';
import { Joi, shape } from '../schema/index.ts';
import { createEventBus, type EventBus } from './index.ts';

const renamed = shape({ id: Joi.number() });
let lines: Record<string, unknown>[];
let bus: EventBus;

beforeEach(() => {
  lines = [];
  const write = (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>);
  bus = createEventBus(createLogger({ level: 'info', destination: { write } }));
});

describe('a published event', () => {
  test('reaches its subscribers at once and in order, with what their schemas let through', () => {
    const seen: unknown[] = [];
    bus.subscribe('thing.renamed', renamed, (payload) => void seen.push(['first', payload]));
    bus.subscribe('thing.renamed', renamed, (payload) => void seen.push(['second', payload]));
    bus.subscribe('thing.removed', renamed, () => void seen.push('other'));
    bus.publish('thing.renamed', { id: 1, extra: true });
    bus.publish('nobody.listens', {});
    expect(seen).toEqual([
      ['first', { id: 1 }],
      ['second', { id: 1 }],
    ]);
  });

  test('that does not fit is logged and dropped, and its values are not repeated', () => {
    bus.subscribe('thing.named', shape({ name: Joi.string().pattern(/^\d+$/) }), () => {
      throw new Error('not reached');
    });
    bus.publish('thing.named', { name: 'value-canary' });
    expect(lines).toEqual([
      expect.objectContaining({
        msg: 'event does not fit its subscriber',
        event: 'thing.named',
        details: [expect.objectContaining({ field: 'name' })],
      }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('value-canary');
  });

  test('is not the worse for a subscriber that throws or rejects', async () => {
    const seen: string[] = [];
    bus.subscribe('thing.renamed', renamed, () => {
      throw new Error('thrown');
    });
    bus.subscribe('thing.renamed', renamed, () => Promise.reject(new Error('rejected')));
    bus.subscribe('thing.renamed', renamed, () => void seen.push('still told'));
    bus.publish('thing.renamed', { id: 1 });
    await setImmediate();
    expect(seen).toEqual(['still told']);
    expect(lines.map(({ err }) => (err as { message: string }).message)).toEqual([
      'thrown',
      'rejected',
    ]);
  });

  test('reaches nobody who has unsubscribed, even in the midst of it', () => {
    const seen: string[] = [];
    const disposers: (() => void)[] = [];
    bus.subscribe('thing.renamed', renamed, () => {
      seen.push('first');
      for (const dispose of disposers) dispose();
    });
    disposers.push(bus.subscribe('thing.renamed', renamed, () => void seen.push('second')));
    bus.publish('thing.renamed', { id: 1 });
    expect(seen).toEqual(['first']);
  });
});
