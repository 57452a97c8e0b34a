import { Router } from 'express';
import type { Request } from 'express';
import { createUserAsAdmin, changeUserAsAdmin } from './admin-users.ts';
import { requireAdmin } from './callers.ts';
import type { AuthContext } from './context.ts';
import { transaction } from './database.ts';
import { AuthError } from './errors.ts';
import { flagField, isUuid, readFields } from './request-fields.ts';
import { userBody } from './user-body.ts';
import { findUserById, listUsers, lockUser, softDeleteUser } from './users.ts';

/** What the service-role key may do with any account. */
export function adminRoutes(context: AuthContext): Router {
  const { pool } = context;
  const router = Router();

  router.use(async (req, _res, next) => {
    await requireAdmin(context, req);
    next();
  });

  router.get('/users', async (req, res) => {
    const page = Math.max(1, wholeNumber(req, 'page', 1));
    const perPage = wholeNumber(req, 'per_page', 50);
    if (perPage === 0) throw new AuthError(400, 'validation_failed', 'per_page is at least 1');
    const { users, total } = await listUsers(pool, { page, perPage });
    const lastPage = Math.ceil(total / perPage);
    // supabase-js reads the first parameter of each link, so `page` comes first.
    const link = (rel: string, number: number) =>
      `</admin/users?page=${number}&per_page=${perPage}>; rel="${rel}"`;
    const links = [...(page < lastPage ? [link('next', page + 1)] : []), link('last', lastPage)];
    res.set({ 'x-total-count': String(total), link: links.join(', ') });
    res.json({ users: users.map(userBody), aud: 'authenticated' });
  });

  router.post('/users', async (req, res) => {
    res.json(userBody(await createUserAsAdmin(pool, readFields(req))));
  });

  router.get('/users/:id', async (req, res) => {
    res.json(userBody((await findUserById(pool, userId(req))) ?? userNotFound()));
  });

  router.put('/users/:id', async (req, res) => {
    const user = await changeUserAsAdmin(pool, userId(req), readFields(req));
    res.json(userBody(user ?? userNotFound()));
  });

  router.delete('/users/:id', async (req, res) => {
    const id = userId(req);
    const keepsRow = req.body !== undefined && flagField(readFields(req), 'should_soft_delete');
    await transaction(pool, async (db) => {
      const user = (await lockUser(db, id)) ?? userNotFound();
      if (!keepsRow) await db.query('delete from auth.users where id = $1', [id]);
      else if (user.deleted_at === null) await softDeleteUser(db, user);
    });
    res.json({});
  });

  return router;
}

function userId(req: Request): string {
  const { id } = req.params;
  if (typeof id !== 'string' || !isUuid(id)) {
    throw new AuthError(404, 'validation_failed', 'The user id is not a UUID');
  }
  return id;
}

function userNotFound(): never {
  throw new AuthError(404, 'user_not_found', 'User not found');
}

function wholeNumber(req: Request, name: string, fallback: number): number {
  const value = req.query[name] ?? '';
  if (value === '') return fallback;
  if (typeof value !== 'string' || !/^\d{1,9}$/.test(value)) {
    throw new AuthError(400, 'validation_failed', `${name} is not a whole number`);
  }
  return Number(value);
}
