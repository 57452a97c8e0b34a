import express, { Router, type Response } from 'express';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { notFound } from '../errors/index.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import { named } from './request-context.ts';

export interface ConsoleOptions {
  /** The project's URL, where the page signs in. */
  supabaseUrl: string;
  /** Public by its nature: every app carries it. */
  anonKey: string;
  /** Whether there is a provider sandbox, which the page then shows. */
  sandbox: boolean;
  /** The built page. */
  directory?: string | undefined;
}

const built = fileURLToPath(new URL('../../../../admin/dist/', import.meta.url));
const yearMs = 365 * 24 * 3600 * 1000;

const compressible = /^\/[\w-]+\.(js|css)$/;

/** The files that have a hash in their name. The build has put a compressed one beside the big ones. */
function assets(directory: string): Router {
  const router = Router({ caseSensitive: true });
  router.use((request, response, next) => {
    const [, extension] = compressible.exec(request.path) ?? [];
    if (extension !== undefined) {
      response.vary('Accept-Encoding');
      const takesBrotli = request.acceptsEncodings('br') === 'br';
      if (takesBrotli && existsSync(join(directory, `${request.path}.br`))) {
        request.url = `${request.path}.br`;
        response.type(extension).set('Content-Encoding', 'br');
      }
    }
    next();
  });
  router.use(
    express.static(directory, {
      index: false,
      redirect: false,
      immutable: true,
      maxAge: yearMs,
      setHeaders: (response) => response.setHeader('Cross-Origin-Resource-Policy', 'same-origin'),
    }),
  );
  return router;
}

/** Nothing inline, nothing from elsewhere; it talks to this server and to Supabase. */
const policyFor = (supabaseUrl: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${new URL(supabaseUrl).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');

/**
 * The operations console under `/admin`: the files of `admin/dist`, and `/admin/config.json` with the public values that it
 * needs. Files with a hash in their name are kept by browsers for good; the others are asked for each time.
 */
export function consolePage(options: ConsoleOptions): Router {
  const { supabaseUrl, anonKey, sandbox, directory = built } = options;
  const router = Router({ caseSensitive: true });
  const guards = {
    'Content-Security-Policy': policyFor(supabaseUrl),
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  };

  router.get('/admin', named('/admin'), (request, response: Response) => {
    if (request.path === '/admin') {
      // The page names its files relative to its folder.
      response.redirect(308, '/admin/');
      return;
    }
    if (!existsSync(join(directory, 'index.html')))
      throw notFound('The console is not built: npm run build makes it.');
    response.set(guards).sendFile('index.html', { root: directory, cacheControl: false });
  });
  router.get('/admin/config.json', named('/admin/config.json'), (_request, response: Response) => {
    response.set(guards).json({ apiUrl: '/', supabaseUrl, anonKey, sandbox });
  });
  router.use('/admin/assets', named('/admin/assets'), assets(join(directory, 'assets')));
  // The page keeps its own places behind the #, so that it needs no server for them; people type them without.
  router.get(/^\/admin\/([a-z]{1,20})$/, named('/admin/:page'), (request, response: Response) => {
    response.redirect(302, `/admin/#/${request.params[0] ?? ''}`);
  });
  router.all(['/admin', '/admin/config.json'], methodNotAllowed(['get']));
  return router;
}
