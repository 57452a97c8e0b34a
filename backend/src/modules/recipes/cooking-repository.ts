import type { Database, RowIdentity, Transaction } from '../../kernel/db/index.ts';
import type { CookingMessage, CookingSession, CookingState } from './cooking-schema.ts';

export type CookingRepository = ReturnType<typeof createCookingRepository>;

const sessionColumns = `id, recipe_id as "recipeId", host_id as "hostId", current_step as "currentStep",
  step_count as "stepCount", status, created_at as "createdAt"`;
const messageColumns = `id, session_id as "sessionId", user_id as "userId", text, created_at as "createdAt"`;

/** Row-level security lets only participants see a session, and only its host change it. */
export function createCookingRepository(db: Database) {
  return {
    /** Nothing comes back where the caller cannot read the recipe. */
    create(caller: RowIdentity, recipeId: string): Promise<CookingSession | undefined> {
      return db.asCaller(caller, async (tx) => {
        const { rows } = await tx.query<CookingSession>(
          `insert into public.cooking_sessions (recipe_id, step_count)
           select id, jsonb_array_length(steps) from public.recipes where id = $1
           returning ${sessionColumns}`,
          [recipeId],
        );
        const [session] = rows;
        if (session) await addParticipant(tx, session.id);
        return session;
      });
    },

    find(caller: RowIdentity, sessionId: string): Promise<CookingSession | undefined> {
      return db.asCaller(caller, (tx) => findSession(tx, sessionId), { readOnly: true });
    },

    state(caller: RowIdentity, sessionId: string): Promise<CookingState | undefined> {
      return db.asCaller(
        caller,
        async (tx) => {
          const session = await findSession(tx, sessionId);
          if (!session) return undefined;
          const participants = await tx.query<CookingState['participants'][number]>(
            `select user_id as "userId", joined_at as "joinedAt" from public.cooking_participants
             where session_id = $1 order by joined_at, user_id`,
            [sessionId],
          );
          const messages = await tx.query<CookingMessage>(
            `select ${messageColumns} from public.cooking_messages
             where session_id = $1 order by created_at desc, id desc limit 50`,
            [sessionId],
          );
          return {
            session,
            participants: participants.rows,
            messages: messages.rows.reverse(),
          };
        },
        // One snapshot for the three of them.
        { readOnly: true, isolation: 'repeatable read' },
      );
    },

    /** Nothing comes back where no active session of a recipe that the caller can read has this id. */
    join(caller: RowIdentity, sessionId: string): Promise<'joined' | 'already-joined' | undefined> {
      return db.asCaller(caller, async (tx) => {
        const recipe = await tx.query(
          'select from public.recipes where id = recipes_private.recipe_being_cooked($1)',
          [sessionId],
        );
        if (recipe.rowCount === 0) return undefined;
        return (await addParticipant(tx, sessionId)) ? 'joined' : 'already-joined';
      });
    },

    /** Without its host a session ends. */
    leave(caller: RowIdentity, sessionId: string): Promise<'left' | 'ended' | undefined> {
      return db.asCaller(caller, async (tx) => {
        const left = await tx.query(
          'delete from public.cooking_participants where session_id = $1 and user_id = auth.uid()',
          [sessionId],
        );
        if (left.rowCount === 0) return undefined;
        const ended = await tx.query(
          `update public.cooking_sessions set status = 'ended'
           where id = $1 and host_id = auth.uid() and status = 'active'`,
          [sessionId],
        );
        return ended.rowCount === 0 ? 'left' : 'ended';
      });
    },

    /** One step on from `fromStep`, once, however often and from wherever it is asked. Otherwise nothing. */
    advance(
      caller: RowIdentity,
      sessionId: string,
      fromStep: number,
    ): Promise<CookingSession | undefined> {
      return db.asCaller(caller, async (tx) => {
        const { rows } = await tx.query<CookingSession>(
          `update public.cooking_sessions set current_step = current_step + 1
           where id = $1 and current_step = $2 and current_step + 1 < step_count and status = 'active'
           returning ${sessionColumns}`,
          [sessionId, fromStep],
        );
        return rows[0];
      });
    },

    addMessage(caller: RowIdentity, sessionId: string, text: string): Promise<CookingMessage> {
      return db.asCaller(caller, async (tx) => {
        const { rows } = await tx.query<CookingMessage>(
          `insert into public.cooking_messages (session_id, text) values ($1, $2)
           returning ${messageColumns}`,
          [sessionId, text],
        );
        const [message] = rows;
        if (!message) throw new Error('The new message was not returned');
        return message;
      });
    },
  };
}

async function findSession(
  tx: Transaction,
  sessionId: string,
): Promise<CookingSession | undefined> {
  const { rows } = await tx.query<CookingSession>(
    `select ${sessionColumns} from public.cooking_sessions where id = $1`,
    [sessionId],
  );
  return rows[0];
}

/** Whether the caller was not one before. */
async function addParticipant(tx: Transaction, sessionId: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    'insert into public.cooking_participants (session_id) values ($1) on conflict do nothing',
    [sessionId],
  );
  return rowCount === 1;
}
