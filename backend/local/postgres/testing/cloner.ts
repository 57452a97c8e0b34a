/** Asks for a template and copies of it, as one of several test workers. Arguments: admin URL, template, count. */
import { cloneDatabase, createTemplate } from '../templates.ts';
import { query } from './children.ts';

const [adminUrl = '', template = '', count = '1'] = process.argv.slice(2);

await createTemplate(adminUrl, template, async ({ url }) => {
  await query(url, `create table prepared as select ${process.pid} as by`);
});
const clones = await Promise.all(
  Array.from({ length: Number(count) }, () => cloneDatabase(adminUrl, template)),
);
for (const clone of clones) {
  console.log(JSON.stringify({ name: clone.name, rows: await query(clone.url, 'table prepared') }));
  await clone.drop();
}
