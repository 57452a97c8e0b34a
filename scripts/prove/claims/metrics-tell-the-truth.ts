import { metricsUrl, scrape, type Series } from '../../../backend/test/support/scrape.ts';
import { defineClaim } from '../claim.ts';
import { startLoad, type LoadRequest } from '../measure/http-load.ts';
import { grouped } from '../measure/summary.ts';

const name = 'bulwark_http_requests_total';
/** Fewer would mean that the load was not what it should be. */
const leastOperations = 10;

/** A request, and the operation that it should be counted as. */
interface Kind {
  operation: string;
  request: LoadRequest;
}

export default defineClaim({
  id: 'metrics-tell-the-truth',
  phase: 3,
  claim:
    'The counts at /metrics, by method, route and status, are exactly those of a client that counted every answer.',
  bound: '0 counts differ',
  seconds: 8,
  async measure({ stack, startServer, signal }) {
    // Few enough points that some requests are refused with 429, and nothing is shed before its route is known.
    const server = await startServer({
      environment: {
        METRICS_PORT: '0',
        RATE_LIMIT_SIGNED_IN: '900',
        RATE_LIMIT_PUBLIC: '300',
        OVERLOAD_EVENT_LOOP_DELAY_MS: '60000',
      },
    });
    await server.logged('Metrics ready');
    const metrics = metricsUrl(server.lines());
    const { accessToken } = await stack.signUp();
    const kinds = kindsOf(server.url, `Bearer ${accessToken}`);

    const before = await scrape(metrics);
    const load = startLoad({
      rate: 250,
      connections: 20,
      seconds: 7,
      request: (index) => kindOf(kinds, index).request,
      // An answer to HEAD has the type of a body and none.
      check: () => undefined,
      signal,
    });
    const outcomes = await load.finished;
    const after = await scrape(metrics);

    const ours = new Map<string, number>();
    for (const { index, result } of outcomes) {
      const key = `${name}{${kindOf(kinds, index).operation},status="${result}"}`;
      ours.set(key, (ours.get(key) ?? 0) + 1);
    }
    const theirs = increases(before, after);
    const keys = new Set([...ours.keys(), ...theirs.keys()]);
    const wrong = [...keys].filter((key) => ours.get(key) !== theirs.get(key));
    return {
      figure: `${wrong.length} of ${keys.size} counts differ over ${grouped(outcomes.length)} requests`,
      holds: wrong.length === 0 && keys.size >= leastOperations && outcomes.length > 0,
      faults: wrong.map(
        (key) => `${key}: we ${ours.get(key) ?? 0}, /metrics ${theirs.get(key) ?? 0}`,
      ),
    };
  },
});

const kindOf = (kinds: readonly Kind[], index: number): Kind => kinds[index % kinds.length] as Kind;

function kindsOf(url: string, authorization: string): Kind[] {
  const kind = (method: string, route: string, path: string, rest: Partial<LoadRequest> = {}) => ({
    operation: `method="${method}",route="${route}"`,
    request: { url: url + path, method, ...rest },
  });
  const signedIn = { headers: { authorization } };
  const json = { ...signedIn.headers, 'content-type': 'application/json' };
  const [me, recipes, recipe] = ['/api/v1/me', '/api/v1/recipes', '/api/v1/recipes/:id'];
  const unknownId = '/api/v1/recipes/6b0f2f0e-6a53-4a0e-9b1a-0d6f6c1b1111';
  return [
    kind('GET', me, me, signedIn),
    kind('GET', me, me),
    kind('GET', me, me, { headers: { authorization: 'Bearer forged' } }),
    kind('GET', recipes, recipes, signedIn),
    kind('GET', recipes, `${recipes}?limit=none`, signedIn),
    kind('POST', recipes, recipes, { headers: json, body: '{"title":' }),
    kind('POST', recipes, recipes, { headers: json, body: '{}' }),
    kind('GET', recipe, unknownId, signedIn),
    kind('HEAD', me, me, signedIn),
    kind('GET', '/livez', '/livez'),
    kind('GET', 'none', '/api/v1/no-such-place'),
    kind('PUT', 'none', recipes, signedIn),
    kind('OPTIONS', 'none', recipes),
  ];
}

function increases(before: Series, after: Series): Map<string, number> {
  const counts = [...after].filter(([key]) => key.startsWith(`${name}{`));
  return new Map(
    counts
      .map(([key, value]) => [key, value - (before.get(key) ?? 0)] as const)
      .filter(([, increase]) => increase > 0),
  );
}
