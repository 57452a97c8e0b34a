import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'socket.io-client';
import { startTestApp, type TestApp } from '../../../test/support/app.ts';
import type { TestUser } from '../../../test/support/users.ts';
import { recipes } from './index.ts';

let app: TestApp;
let host: TestUser;
let guest: TestUser;
let outsider: TestUser;

beforeAll(async () => {
  app = await startTestApp({ modules: [recipes] });
  [host, guest, outsider] = await Promise.all([app.signUp(), app.signUp(), app.signUp()]);
});
afterAll(() => app.stop());

interface State {
  session: { id: string; currentStep: number; stepCount: number; status: string };
  participants: { userId: string }[];
  messages: { userId: string; text: string }[];
}
interface Ack<T> {
  ok: boolean;
  data?: T;
  error?: { error: string; statusCode: number; details?: { field: string }[] };
}

const ask = <T = unknown>(socket: Socket, event: string, ...payload: unknown[]) =>
  socket.timeout(5_000).emitWithAck(event, ...payload) as Promise<Ack<T>>;

async function done<T>(socket: Socket, event: string, payload: unknown): Promise<T> {
  const ack = await ask<T>(socket, event, payload);
  if (!ack.ok) throw new Error(`${event} was refused: ${JSON.stringify(ack.error)}`);
  return ack.data as T;
}

const refusal = async (socket: Socket, event: string, payload: unknown) =>
  (await ask(socket, event, payload)).error?.error;

const heard = (socket: Socket, event: string): Promise<unknown> =>
  new Promise((resolve) => socket.once(event, resolve));

async function createRecipe(user: TestUser, body: object = {}): Promise<string> {
  const response = await app.request
    .post('/api/v1/recipes')
    .auth(user.accessToken, { type: 'bearer' })
    .send({ title: randomUUID(), isPublic: true, steps: ['Chop', 'Fry', 'Eat'], ...body })
    .expect(201);
  return (response.body as { id: string }).id;
}

const bothConnected = () =>
  Promise.all([app.connect(host.accessToken), app.connect(guest.accessToken)]);

/** A host and a guest at the stove, each on a socket. */
async function cookTogether() {
  const recipeId = await createRecipe(host);
  const [atHost, atGuest] = await bothConnected();
  const { session } = await done<State>(atHost, 'cooking:create', { recipeId });
  await done(atGuest, 'cooking:join', { sessionId: session.id });
  return { atHost, atGuest, recipeId, sessionId: session.id };
}

describe('cooking together', () => {
  test('a host starts, a guest joins, and both see the same', async () => {
    const recipeId = await createRecipe(host);
    const [atHost, atGuest] = await bothConnected();

    const created = await done<State>(atHost, 'cooking:create', { recipeId });
    expect(created).toMatchObject({
      session: { recipeId, hostId: host.userId, currentStep: 0, stepCount: 3, status: 'active' },
      participants: [{ userId: host.userId }],
      messages: [],
    });
    const sessionId = created.session.id;

    const joined = heard(atHost, 'cooking:participant-joined');
    const entered = await done<State>(atGuest, 'cooking:join', { sessionId });
    expect(entered.participants.map(({ userId }) => userId)).toEqual([host.userId, guest.userId]);
    expect(await joined).toEqual({ sessionId, userId: guest.userId });

    const moved = heard(atGuest, 'cooking:step-changed');
    await done(atHost, 'cooking:next-step', { sessionId, fromStep: 0 });
    expect(await moved).toEqual({ sessionId, currentStep: 1 });

    const message = heard(atHost, 'cooking:message');
    const sent = await done(atGuest, 'cooking:message', { sessionId, text: ' Salt? ' });
    expect(sent).toMatchObject({ sessionId, userId: guest.userId, text: 'Salt?' });
    expect(await message).toEqual(sent);

    expect(await done<State>(atHost, 'cooking:state', { sessionId })).toEqual({
      session: { ...created.session, currentStep: 1 },
      participants: entered.participants,
      messages: [sent],
    });
  });

  test('a step moves once, however often it is tapped', async () => {
    const { atHost, atGuest, sessionId } = await cookTogether();
    const steps: unknown[] = [];
    atGuest.on('cooking:step-changed', (change) => steps.push(change));
    const taps = await Promise.all(
      [1, 2, 3].map(() => done(atHost, 'cooking:next-step', { sessionId, fromStep: 0 })),
    );
    expect(taps).toEqual(taps.map(() => expect.objectContaining({ currentStep: 1 })));
    // Messages of one socket keep their order: once this one is here, every step before it is.
    const marker = heard(atGuest, 'cooking:message');
    await done(atHost, 'cooking:message', { sessionId, text: 'done' });
    await marker;
    expect(steps).toEqual([{ sessionId, currentStep: 1 }]);
  });

  test('there is no step behind the last one', async () => {
    const { atHost, sessionId } = await cookTogether();
    await done(atHost, 'cooking:next-step', { sessionId, fromStep: 0 });
    await done(atHost, 'cooking:next-step', { sessionId, fromStep: 1 });
    expect(await refusal(atHost, 'cooking:next-step', { sessionId, fromStep: 2 })).toBe('CONFLICT');
  });

  test('joining again tells nobody and answers the state', async () => {
    const { atHost, atGuest, sessionId } = await cookTogether();
    const told: unknown[] = [];
    atHost.on('cooking:participant-joined', (who) => told.push(who));
    const again = await done<State>(atGuest, 'cooking:join', { sessionId });
    expect(again.participants).toHaveLength(2);
    const marker = heard(atHost, 'cooking:message');
    await done(atGuest, 'cooking:message', { sessionId, text: 'here' });
    await marker;
    expect(told).toEqual([]);
  });

  test('everything survives a restart of the server', async () => {
    const { atHost, atGuest, sessionId } = await cookTogether();
    await done(atHost, 'cooking:next-step', { sessionId, fromStep: 0 });
    await done(atGuest, 'cooking:message', { sessionId, text: 'Still there?' });
    const before = await done<State>(atHost, 'cooking:state', { sessionId });

    const back = Promise.all([heard(atHost, 'connected'), heard(atGuest, 'connected')]);
    await app.restart();
    await back;

    expect(await done(atGuest, 'cooking:state', { sessionId })).toEqual(before);
    expect(await done(atHost, 'cooking:state', { sessionId })).toEqual(before);
    const moved = heard(atGuest, 'cooking:step-changed');
    await done(atHost, 'cooking:next-step', { sessionId, fromStep: 1 });
    expect(await moved).toEqual({ sessionId, currentStep: 2 });
  });
});

describe('leaving', () => {
  test('a guest who leaves hears and sees no more, on any device', async () => {
    const { atHost, atGuest, sessionId } = await cookTogether();
    const atTablet = await app.connect(guest.accessToken);
    await done(atTablet, 'cooking:state', { sessionId });
    const overheard: unknown[] = [];
    for (const socket of [atGuest, atTablet]) {
      socket.on('cooking:message', (message) => overheard.push(message));
    }
    const left = heard(atHost, 'cooking:participant-left');
    await done(atGuest, 'cooking:leave', { sessionId });
    expect(await left).toEqual({ sessionId, userId: guest.userId });

    await done(atHost, 'cooking:message', { sessionId, text: 'Alone now' });
    for (const event of ['cooking:state', 'cooking:leave']) {
      expect(await refusal(atTablet, event, { sessionId })).toBe('NOT_FOUND');
    }
    expect(overheard).toEqual([]);
    expect((await done<State>(atHost, 'cooking:state', { sessionId })).participants).toHaveLength(
      1,
    );
  });

  test('without its host a session ends, and its guests may look back at it', async () => {
    const { atHost, atGuest, sessionId } = await cookTogether();
    await done(atGuest, 'cooking:message', { sessionId, text: 'Bye' });
    const ended = heard(atGuest, 'cooking:ended');
    await done(atHost, 'cooking:leave', { sessionId });
    expect(await ended).toEqual({ sessionId, reason: 'host-left' });

    expect(await done(atGuest, 'cooking:state', { sessionId })).toMatchObject({
      session: { status: 'ended' },
      messages: [{ text: 'Bye' }],
    });
    const late = { sessionId, text: 'Late' };
    expect(await refusal(atGuest, 'cooking:message', late)).toBe('CONFLICT');
    expect(await refusal(atHost, 'cooking:next-step', { sessionId, fromStep: 0 })).toBe('CONFLICT');
    const atOutsider = await app.connect(outsider.accessToken);
    expect(await refusal(atOutsider, 'cooking:join', { sessionId })).toBe('NOT_FOUND');
  });

  test('a session ends with its recipe', async () => {
    const { atGuest, recipeId, sessionId } = await cookTogether();
    const ended = heard(atGuest, 'cooking:ended');
    await app.request
      .delete(`/api/v1/recipes/${recipeId}`)
      .auth(host.accessToken, { type: 'bearer' })
      .expect(204);
    expect(await ended).toEqual({ sessionId, reason: 'recipe-deleted' });
    expect(await refusal(atGuest, 'cooking:state', { sessionId })).toBe('NOT_FOUND');
  });
});

describe('who may do what', () => {
  test('to an outsider a session does not exist', async () => {
    const { sessionId } = await cookTogether();
    const atOutsider = await app.connect(outsider.accessToken);
    for (const [event, more] of [
      ['cooking:state', {}],
      ['cooking:leave', {}],
      ['cooking:next-step', { fromStep: 0 }],
      ['cooking:message', { text: 'Let me in' }],
    ] as const) {
      expect(await refusal(atOutsider, event, { sessionId, ...more })).toBe('NOT_FOUND');
    }
  });

  test('a guest does not move the step', async () => {
    const { atGuest, atHost, sessionId } = await cookTogether();
    const tap = { sessionId, fromStep: 0 };
    expect(await refusal(atGuest, 'cooking:next-step', tap)).toBe('FORBIDDEN');
    expect(await done(atHost, 'cooking:state', { sessionId })).toMatchObject({
      session: { currentStep: 0 },
    });
  });

  test('nobody cooks a recipe that they cannot read', async () => {
    const recipeId = await createRecipe(host, { isPublic: false });
    const [atHost, atGuest] = await bothConnected();
    expect(await refusal(atGuest, 'cooking:create', { recipeId })).toBe('NOT_FOUND');
    const { session } = await done<State>(atHost, 'cooking:create', { recipeId });
    expect(await refusal(atGuest, 'cooking:join', { sessionId: session.id })).toBe('NOT_FOUND');
  });

  test('a guest may host somebody else’s public recipe', async () => {
    const recipeId = await createRecipe(host);
    const atGuest = await app.connect(guest.accessToken);
    expect(await done(atGuest, 'cooking:create', { recipeId })).toMatchObject({
      session: { hostId: guest.userId },
    });
  });
});

describe('what is not an event’s payload', () => {
  test.each<[string, unknown, string]>([
    ['cooking:create', { recipeId: 'x' }, 'recipeId'],
    ['cooking:join', {}, 'sessionId'],
    ['cooking:next-step', { sessionId: randomUUID(), fromStep: -1 }, 'fromStep'],
    ['cooking:message', { sessionId: randomUUID(), text: '\0' }, 'text'],
    ['cooking:message', { sessionId: randomUUID(), text: '\ud800' }, 'text'],
    ['cooking:message', { sessionId: randomUUID(), text: 'x'.repeat(50_000) }, 'text'],
    ['cooking:message', { sessionId: randomUUID(), text: 'x', userId: randomUUID() }, 'userId'],
    ['cooking:state', null, 'payload'],
    ['cooking:state', 'x', 'payload'],
    ['cooking:state', [], 'payload'],
  ])('%s is refused by field (%#)', async (event, payload, field) => {
    const socket = await app.connect(host.accessToken);
    const { ok, error } = await ask(socket, event, payload);
    expect(ok).toBe(false);
    expect(error).toMatchObject({ error: 'VALIDATION_FAILED', statusCode: 400 });
    expect(error?.details?.map((detail) => detail.field)).toEqual([field]);
  });

  test('an event without a payload is refused', async () => {
    const socket = await app.connect(host.accessToken);
    expect(await ask(socket, 'cooking:state')).toMatchObject({
      ok: false,
      error: { error: 'VALIDATION_FAILED' },
    });
  });
});
