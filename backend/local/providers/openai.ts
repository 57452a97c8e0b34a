import { createHash } from 'node:crypto';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { SandboxProvider } from './provider.ts';

const dailyCalls = 10_000;

/** OpenAI's chat completions with structured outputs, as far as recipes are asked for. Facts as in the README beside this file. */
export const openai: SandboxProvider = {
  name: 'openai',
  title: 'OpenAI',
  basePath: '/v1',
  variables: { baseUrl: 'OPENAI_BASE_URL', key: 'OPENAI_API_KEY' },
  keyPrefix: 'sk-proj-',
  usualLatencyMs: 1_800,
  quota: dailyCalls,
  quotaAnswer: () => ({
    status: 429,
    body: failure(
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
      'insufficient_quota',
    ),
  }),
  routes(context) {
    const router = express.Router();
    router.use((request: Request, response: Response, next: NextFunction) => {
      if (request.get('authorization') === `Bearer ${context.key}`) next();
      else
        response
          .status(401)
          .json(failure('Incorrect API key provided.', 'invalid_request_error', 'invalid_api_key'));
    });
    router.post('/chat/completions', express.json({ limit: '1mb' }), (request, response) => {
      const asked = request.body as Partial<ChatRequest>;
      const problem = problemOf(asked);
      if (problem !== undefined) {
        response.status(400).json(failure(problem, 'invalid_request_error', null));
        return;
      }
      const { model, messages } = asked as ChatRequest;
      const content = JSON.stringify({ suggestions: suggestionsFor(messages.at(-1)?.content) });
      response
        .set({
          'x-ratelimit-limit-requests': String(context.quota.limit),
          'x-ratelimit-remaining-requests': String(context.quota.remaining()),
        })
        .json(completion(model, messages, content));
    });
    return router;
  },
};

interface ChatRequest {
  model: string;
  messages: { role: string; content: string }[];
  response_format: { type: string; json_schema?: { name: string; schema: unknown } };
}

const failure = (message: string, type: string, code: string | null) => ({
  error: { message, type, param: null, code },
});

function problemOf({ model, messages, response_format: format }: Partial<ChatRequest>) {
  if (typeof model !== 'string') return 'you must provide a model parameter';
  if (!Array.isArray(messages) || messages.length === 0)
    return "Missing required parameter: 'messages'.";
  if (format?.type !== 'json_schema' || format.json_schema?.schema === undefined)
    return 'The sandbox answers with structured outputs only.';
  return undefined;
}

const tokensOf = (text: string): number => Math.ceil(text.length / 4);

function completion(model: string, messages: ChatRequest['messages'], content: string) {
  const prompt = tokensOf(messages.map((message) => message.content).join(''));
  return {
    id: `chatcmpl-${hashOf(content).toString('hex').slice(0, 29)}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1_000),
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: prompt,
      completion_tokens: tokensOf(content),
      total_tokens: prompt + tokensOf(content),
    },
    service_tier: 'default',
    system_fingerprint: null,
  };
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

const dishes = [
  { title: 'One-pan', steps: ['Chop everything.', 'Fry it for ten minutes.', 'Season and serve.'] },
  {
    title: 'Oven-baked',
    steps: ['Heat the oven to 200 °C.', 'Bake for 30 minutes.', 'Serve warm.'],
  },
  { title: 'Quick soup of', steps: ['Simmer for 20 minutes.', 'Blend.', 'Serve with bread.'] },
];

/** The same three dishes for the same ingredients, on every machine. */
function suggestionsFor(content: string | undefined) {
  const names = ingredientsIn(content);
  if (names.length === 0) return [];
  const seed = hashOf(names.join('\n')).readUInt32BE(0);
  return dishes.map(({ title, steps }, index) => ({
    title: `${title} ${names.slice(0, 3).join(', ')}`,
    description: 'Made up by the provider sandbox.',
    ingredients: [
      ...names.map((name, at) => ({ name, quantity: 1 + ((seed >>> at) % 4), unit: null })),
      { name: 'salt', quantity: null, unit: 'pinch' },
    ],
    steps,
    servings: 2 + (seed % 3),
    prepMinutes: 15 + 5 * index,
  }));
}

function ingredientsIn(content: string | undefined): string[] {
  try {
    const { ingredients } = JSON.parse(content ?? '') as { ingredients?: unknown };
    return Array.isArray(ingredients) ? ingredients.map(String) : [];
  } catch {
    return [];
  }
}
