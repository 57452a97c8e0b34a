import { route, type Route } from '../../kernel/http/index.ts';
import type { KernelAdmin } from '../../kernel/module/index.ts';
import { listOf, shape } from '../../kernel/schema/index.ts';
import { forAdmins } from './mutation.ts';
import { words } from './schema.ts';

const pages = shape({
  pages: listOf(words()).description('`webhooks`, and what modules name, such as `billing`'),
});

/** What this server has beside what every one has, so that the console shows no page of what is not there. */
export function pageRoutes(admin: Pick<KernelAdmin, 'pages' | 'webhooks'>): Route[] {
  return [
    route({
      ...forAdmins,
      method: 'get',
      path: '/admin/pages',
      summary: 'Pages of the console that not every server has',
      responses: { 200: { description: 'Their names', body: pages } },
      handler: () => {
        const takesWebhooks = admin.webhooks.providers().length > 0;
        const found = [
          ...(takesWebhooks ? ['webhooks'] : []),
          ...admin.pages().map(({ name }) => name),
        ];
        return Promise.resolve({ body: { pages: found } });
      },
    }),
  ];
}
