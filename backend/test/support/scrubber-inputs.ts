/** Repeated, each would make a careless pattern backtrack. */
export const hostilePieces: readonly string[] = [
  ...['a', 'a@', '1 ', '1-', 'a:', 'a="', '%25', 'eyJaaaaaa.', '://a', 'bearer ', 'cookie: '],
  ...['DE89 ', 'Key (a)=(', '\\u0041', '1.1.', '+1', '0', '\u200b', '[', 'invalid input "', '\n'],
];

/** An error event as Sentry's library makes them: two exceptions of 30 frames, tags, contexts. */
export function ordinaryEvent(index: number): object {
  const frames = Array.from({ length: 30 }, (_, line) => ({
    filename: `file:///srv/app/backend/dist/kernel/http/mount-routes.js`,
    function: line % 3 === 0 ? 'Layer.handleRequest' : 'handle',
    module: 'kernel.http:mount-routes',
    lineno: 10 + line,
    colno: 15,
    in_app: true,
  }));
  const exception = (type: string, value: string) => ({
    type,
    value,
    stacktrace: { frames },
    mechanism: { type: 'request', handled: true },
  });
  return {
    event_id: '7c0ea8b89e974e45a55c705c87889477',
    timestamp: 1_764_110_400.123 + index,
    platform: 'node',
    level: 'error',
    release: 'fa6763c72cb210af76389abbe20195d1df076eda',
    environment: 'production',
    server_name: 'api-3.internal',
    transaction: 'POST /api/v1/recipes/:id',
    fingerprint: ['database', '23505', 'recipes_slug_key'],
    tags: {
      kind: 'request',
      code: 'INTERNAL_ERROR',
      request_id: '7c0ea8b8-9e97-4e45-a55c-705c87889477',
    },
    user: { id: '0a7272ca9ecd4426b50c27ba2ce38ab5' },
    contexts: {
      trace: { trace_id: '7c0ea8b89e974e45a55c705c87889477', span_id: '0a7272ca9ecd4426' },
    },
    exception: {
      values: [
        exception('error', `Key (email)=(user${index}@example.com) already exists.`),
        exception('Error', 'The recipe could not be saved'),
      ],
    },
    sdk: { name: 'sentry.javascript.node', version: '11.12.0', integrations: ['LinkedErrors'] },
  };
}
