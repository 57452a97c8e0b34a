import { Router, type Response } from 'express';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { methodNotAllowed } from './method-not-allowed.ts';
import { named } from './request-context.ts';

const assetDirectory = dirname(
  createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'),
);

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Bulwark API</title>
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css" />
    <link rel="icon" href="/docs/assets/favicon-32x32.png" />
  </head>
  <body>
    <div id="docs"></div>
    <script src="/docs/assets/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const assets = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];
const dayMs = 24 * 3600 * 1000;

/** `document` at `documentPath`, and at `/docs` Swagger UI from our own host on it. Nothing is loaded from elsewhere. */
export function docsPage(documentPath: string, document: object): Router {
  const router = Router({ caseSensitive: true });
  const start = `SwaggerUIBundle({ url: ${JSON.stringify(documentPath)}, dom_id: '#docs', deepLinking: true, persistAuthorization: false, validatorUrl: null });`;
  const texts = new Map([
    [documentPath, { type: 'json', content: JSON.stringify(document) }],
    ['/docs', { type: 'html', content: page }],
    ['/docs/start.js', { type: 'js', content: start }],
  ]);
  for (const [path, { type, content }] of texts) {
    router.get(path, named(path), (_request, response: Response) => {
      response.set('Cache-Control', 'no-cache').type(type).send(content);
    });
    router.all(path, methodNotAllowed(['get']));
  }
  for (const asset of assets) {
    router.get(`/docs/assets/${asset}`, named('/docs/assets'), (_request, response: Response) => {
      response.sendFile(asset, { root: assetDirectory, maxAge: dayMs });
    });
    router.all(`/docs/assets/${asset}`, methodNotAllowed(['get']));
  }
  return router;
}
