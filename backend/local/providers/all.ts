import { apple } from './apple.ts';
import { google } from './google.ts';
import { justtcg } from './justtcg.ts';
import { openai } from './openai.ts';
import type { SandboxProvider } from './provider.ts';
import { psa } from './psa.ts';
import { stripe } from './stripe.ts';

/** The providers of the sandbox, one line each. */
export const providers: readonly SandboxProvider[] = [justtcg, psa, stripe, apple, google, openai];
