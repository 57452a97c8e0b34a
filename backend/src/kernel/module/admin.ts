import type { KernelConfig } from '../config/index.ts';
import type { FlagsAdmin } from '../flags/index.ts';
import type { Health } from '../http/index.ts';
import type { JobsAdmin } from '../jobs/index.ts';
import type { LogSearch } from '../logstore/index.ts';
import type { SessionsAdmin } from '../realtime/index.ts';
import type { ProvidersAdmin } from '../resilience/index.ts';
import type { Joi } from '../schema/index.ts';
import type { WebhooksAdmin } from '../webhooks/index.ts';

/** One of the values that a field of an action can have. */
export interface AdminChoice {
  value: string;
  label: string;
}

/** One input of an action, as the console draws it. */
export interface AdminField {
  /** The key in the action's input. */
  name: string;
  label: string;
  kind: 'text' | 'select' | 'number';
  help?: string;
  /**
   * What a select offers, the first thousand. Where it depends on another field it is given that field's value, and is not
   * asked before there is one.
   */
  choices?: (chosen?: string) => Promise<readonly AdminChoice[]>;
  /** Another field's name. */
  dependsOn?: string;
}

/** Who has an action done. */
export interface AdminActor {
  /** The user's id. */
  callerId: string;
  requestId: string;
}

/** What came of an action: a sentence for people, and the job that goes on with it. */
export interface AdminActionResult {
  message: string;
  jobId?: string | null;
}

/** Something an operator can have a module do, beyond what every queue and provider has. Its runs are audited. */
export interface AdminAction {
  /** `<module>.<verb>`, such as `catalog.sync-set`. */
  name: string;
  title: string;
  description: string;
  fields: readonly AdminField[];
  /** Of the whole input; the fields are how it is asked for. */
  input: Joi.ObjectSchema;
  /**
   * May reject with NOT_FOUND, NOT_IMPLEMENTED, CONFLICT, STATE_CONFLICT, and as a provider fails; no other code is declared. The
   * same goes for the choices of its fields.
   */
  run(input: unknown, by: AdminActor): Promise<AdminActionResult>;
}

interface AdminActionDefinition<I> extends Omit<AdminAction, 'input' | 'run'> {
  input: Joi.ObjectSchema<I>;
  run(input: I, by: AdminActor): Promise<AdminActionResult>;
}

/** Types the input of `run` by the schema. */
export function adminAction<I>(definition: AdminActionDefinition<I>): AdminAction {
  // The action only ever sees input that passed this very schema.
  return definition;
}

const goodName = /^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/;

/** Faults in what actions declare, one line each. The server does not start while there is one. */
export function adminActionFaults(actions: readonly AdminAction[]): string[] {
  const seen = new Set<string>();
  return actions.flatMap(({ name, fields, input }) => {
    const faults: string[] = [];
    const keys = Object.keys((input.describe().keys ?? {}) as object);
    const names = fields.map((field) => field.name);
    if (!goodName.test(name)) faults.push(`admin action ${name}: name it <module>.<verb>`);
    if (seen.has(name)) faults.push(`admin action ${name}: declared twice`);
    seen.add(name);
    for (const field of fields) {
      if (!keys.includes(field.name))
        faults.push(`admin action ${name}: no ${field.name} in its input`);
      if (field.dependsOn !== undefined && !names.includes(field.dependsOn))
        faults.push(`admin action ${name}: ${field.name} depends on no field of it`);
    }
    return faults;
  });
}

/** A page of the console that is about one module: the console has it, and shows it where the module says so. */
export interface AdminPage {
  /** Also the topic by which the console is told that it shows something else now. */
  name: string;
  /** Kernel events after which it does. */
  changesOn: readonly string[];
}

/** This process among those of the server. */
export interface ProcessIdentity {
  readonly id: string;
  readonly role: 'api' | 'worker';
  readonly version: string;
}

/** What operators need to see and do, across modules. For the module that gives them doors; features leave it alone. */
export interface KernelAdmin {
  readonly process: ProcessIdentity;
  readonly health: Pick<Health, 'report'>;
  readonly sessions: SessionsAdmin;
  readonly jobs: JobsAdmin;
  webhooks: WebhooksAdmin;
  readonly providers: ProvidersAdmin;
  readonly flags: FlagsAdmin;
  readonly logs: LogSearch;
  /** Where providers are told to misbehave; off in staging and production. */
  readonly sandbox: KernelConfig['sandbox'];
  /** Those of all modules, once all are made. */
  actions(): readonly AdminAction[];
  /** Of the console, for features of which there is more to see than the kernel shows; those of all modules. */
  pages(): readonly AdminPage[];
}
