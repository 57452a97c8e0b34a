import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Tool } from './claim.ts';

/** How to come by each tool, for whoever lacks it. */
export const howToInstall: Readonly<Record<Tool, string>> = {
  nginx: 'apt-get install nginx, or brew install nginx',
  promtool: 'apt-get install prometheus, or brew install prometheus',
  'redis-server': 'apt-get install redis-server, or brew install redis',
};

/** Debian keeps servers where the PATH of ordinary users does not lead. */
const besidesPath = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];

/** The program's path, or undefined where it is not installed. */
export function findTool(tool: Tool): string | undefined {
  return [...(process.env.PATH ?? '').split(delimiter), ...besidesPath]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, tool))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
