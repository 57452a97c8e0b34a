import { localPaths } from '../backend/local/stack/paths.ts';
import { readStackFile } from '../backend/local/stack/stack-file.ts';

/** Has the auth emulator sign with a new key from now on. Exit code 1 when the stack is down. */
try {
  const { serviceRoleKey, supabaseUrl } = await readStackFile(localPaths(process.env.BULWARK_HOME));
  const response = await fetch(`${supabaseUrl}/local/rotate-keys`, {
    method: 'POST',
    headers: { apikey: serviceRoleKey, authorization: `Bearer ${serviceRoleKey}` },
  });
  if (!response.ok) throw new Error(`The auth emulator refused (${response.status}).`);
  const { kid } = (await response.json()) as { kid: string };
  console.log(
    `New access tokens are signed with the key ${kid}; those of the two keys before stay valid.`,
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
