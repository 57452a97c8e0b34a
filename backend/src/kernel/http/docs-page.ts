import express, { Router } from 'express';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

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

/** `/docs`: Swagger UI from our own host, on the document at `documentPath`. Nothing is loaded from elsewhere. */
export function docsPage(documentPath: string): Router {
  const router = Router();
  const start = `SwaggerUIBundle({ url: ${JSON.stringify(documentPath)}, dom_id: '#docs', deepLinking: true, persistAuthorization: false, validatorUrl: null });`;
  router.get('/docs', (_request, response) => {
    response.type('html').send(page);
  });
  router.get('/docs/start.js', (_request, response) => {
    response.type('js').send(start);
  });
  router.use('/docs/assets', express.static(assetDirectory, { index: false, maxAge: '1d' }));
  return router;
}
