import type { Tool } from './claim.ts';

/** How to come by each tool, for whoever lacks it. */
export const howToInstall: Readonly<Record<Tool, string>> = {
  nginx: 'apt-get install nginx, or brew install nginx',
  promtool: 'apt-get install prometheus, or brew install prometheus',
  'redis-server': 'apt-get install redis-server, or brew install redis',
};
