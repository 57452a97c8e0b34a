import { readStackFile } from '../backend/local/stack/stack-file.ts';

const stack = readStackFile();
if (!stack) {
  console.error('The local stack is not running. Start it with npm start.');
  process.exitCode = 1;
} else {
  const { serviceRoleKey, supabaseUrl } = stack;
  const response = await fetch(`${supabaseUrl}/local/rotate-keys`, {
    method: 'POST',
    headers: { apikey: serviceRoleKey, authorization: `Bearer ${serviceRoleKey}` },
  });
  console.log(await response.text());
  if (!response.ok) process.exitCode = 1;
}
