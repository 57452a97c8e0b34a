import type { Database, Transaction } from '../db/index.ts';
import { AppError, validated } from '../errors/index.ts';
import { Joi, listOf, optional, shape, text, uuid } from '../schema/index.ts';
import type { FlagChange, FlagRule, FlagsAdmin, FlagState } from './types.ts';

const whole = shape({
  name: Joi.string().pattern(/^[a-z0-9][a-z0-9._-]{0,99}$/),
  enabled: Joi.boolean(),
  percentage: Joi.number().min(0).max(100).precision(2),
  users: listOf(uuid()).max(1_000).unique(),
  roles: listOf(text(1, 50)).max(10).unique(),
  description: text(0, 500),
  changedBy: uuid(),
  version: optional(Joi.number().integer().min(0)),
});

const columns = `
  name, description, enabled, percentage::float8 as percentage, users::text[] as users, roles,
  version, changed_by as "changedBy", changed_at as "changedAt"`;

const values = '$1, $2, $3, $4, $5::uuid[], $6::text[], $7';
const names = 'name, description, enabled, percentage, users, roles, changed_by';
const insert = `insert into bulwark.flags as known (${names}) values (${values})`;
const changes = `(${names}, version, changed_at) = (${values}, known.version + 1, now())`;

const statements = {
  put: `${insert} on conflict (name) do update set ${changes} returning ${columns}`,
  create: `${insert} on conflict (name) do nothing returning ${columns}`,
  replace: `update bulwark.flags as known set ${changes} where name = $1 and version = $8 returning ${columns}`,
};

/** `onChange` is awaited behind each change. */
export function createFlagsAdmin(db: Database, onChange: () => Promise<void>): FlagsAdmin {
  async function write(name: string, rule: FlagRule, change: FlagChange): Promise<FlagState> {
    const flag = validated(whole, { name, ...rule, ...change }, 'flag');
    const { version } = flag;
    const kind = version === undefined ? 'put' : version === 0 ? 'create' : 'replace';
    const state = await db.asLogin(async (tx) => {
      const { rows } = await tx.query<FlagState>(statements[kind], [
        flag.name,
        flag.description,
        flag.enabled,
        flag.percentage,
        flag.users,
        flag.roles,
        flag.changedBy,
        ...(kind === 'replace' ? [version] : []),
      ]);
      return rows[0];
    });
    if (state === undefined) throw changedMeanwhile();
    return state;
  }

  async function erase(
    tx: Transaction,
    name: string,
    version: number | undefined,
  ): Promise<FlagState | undefined> {
    const { rows } = await tx.query<FlagState>(
      `select ${columns} from bulwark.flags where name = $1 for update`,
      [name],
    );
    const [state] = rows;
    if (version !== undefined && state?.version !== version) throw changedMeanwhile();
    if (state) await tx.query('delete from bulwark.flags where name = $1', [name]);
    return state;
  }

  return {
    async list() {
      const { rows } = await db.asLogin(
        (tx) => tx.query<FlagState>(`select ${columns} from bulwark.flags order by name`),
        { readOnly: true },
      );
      return rows;
    },
    async set(name, rule, change) {
      const state = await write(name, rule, change);
      await onChange();
      return state;
    },
    async remove(name, { version } = {}) {
      const state = await db.asLogin((tx) => erase(tx, name, version));
      if (state) await onChange();
      return state;
    },
  };
}

const changedMeanwhile = (): AppError =>
  new AppError('CONFLICT', { message: 'The flag was changed meanwhile. Look at it again.' });
