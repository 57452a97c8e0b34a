import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { createLogPrinter, type LogPrinter } from './log-printer.ts';

/** What a terminal, or a pipe, gets to see. */
async function shown(isTTY: boolean, use: (printer: LogPrinter) => void): Promise<string[]> {
  const output = Object.assign(new PassThrough(), { isTTY });
  use(createLogPrinter(output));
  output.end();
  return (await text(output)).split('\n').slice(0, -1);
}

const line = (entry: object): string =>
  JSON.stringify({ level: 'info', time: '2030-01-31T12:34:56.789Z', ...entry });
const request = line({
  msg: 'request',
  method: 'GET',
  path: '/livez',
  status: 200,
  durationMs: 1.5,
  requestId: 'r-1',
});

describe('the printer of the log', () => {
  test('hands JSON on to a pipe as it is', async () => {
    const lines = await shown(false, (printer) => {
      printer.open();
      printer.write(request);
    });
    expect(lines).toEqual([request]);
  });

  test('writes a short line into a terminal', async () => {
    const lines = await shown(true, (printer) => {
      printer.open();
      printer.write(request);
    });
    expect(lines).toEqual(['12:34:56 info  request GET /livez 200 1.5 ms r-1']);
  });

  test("shows a developer an error's stack, indented", async () => {
    const lines = await shown(true, (printer) => {
      printer.open();
      printer.write(line({ level: 'error', msg: 'failed', err: { stack: 'Error: no\n  at x' } }));
    });
    expect(lines).toEqual(['12:34:56 error failed', '    Error: no', '      at x']);
  });

  test('lets no client steer the terminal', async () => {
    const lines = await shown(true, (printer) => {
      printer.open();
      printer.write(line({ msg: 'event', event: '\u001B[2J\nfake line' }));
    });
    expect(lines).toEqual(['12:34:56 info  event \uFFFD[2J\uFFFDfake line']);
  });

  test('holds log lines back while things start, and shows at once what is no log line', async () => {
    const lines = await shown(false, (printer) => {
      printer.write(request);
      printer.write('BODY_LIMIT: is no size');
      printer.write('{ not json');
    });
    expect(lines).toEqual(['BODY_LIMIT: is no size', '{ not json']);
  });

  test('leaves out what the server did before the opening and says only afterwards', async () => {
    const late = line({ time: '2020-01-31T12:00:00.000Z', msg: 'start phase done' });
    const warning = line({ time: '2020-01-31T12:00:00.000Z', level: 'warn', msg: 'beware' });
    const lines = await shown(false, (printer) => {
      printer.open();
      for (const written of [late, warning, request]) printer.write(written);
    });
    expect(lines).toEqual([warning, request]);
  });

  test('tells the warnings and errors that it held back', async () => {
    const warning = line({ level: 'warn', msg: 'beware' });
    const lines = await shown(false, (printer) => {
      printer.write(request);
      printer.write(warning);
      printer.flush();
      printer.flush();
    });
    expect(lines).toEqual([warning]);
  });
});
