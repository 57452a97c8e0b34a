import { signIn } from '../backend/local/stack/demo-users.ts';
import { localPaths } from '../backend/local/stack/paths.ts';
import { readStackFile } from '../backend/local/stack/stack-file.ts';

/** Prints a fresh access token of a local user. Exit codes: 1 when the stack is down, 2 for an unknown user. */
const who = process.argv[2] ?? 'demo';
if (who !== 'demo' && who !== 'admin') {
  console.error(`There is no local user "${who}": npm run token [demo|admin]`);
  process.exitCode = 2;
} else {
  try {
    const stack = await readStackFile(localPaths(process.env.BULWARK_HOME));
    console.log(await signIn(stack, stack.users[who]));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
