import { signIn } from '../backend/local/stack/demo-users.ts';
import { readStackFile } from '../backend/local/stack/stack-file.ts';

const who = process.argv[2] ?? 'demo';
const stack = readStackFile();
if (who !== 'demo' && who !== 'admin') {
  console.error(`There is no local user "${who}": npm run token [demo|admin]`);
  process.exitCode = 2;
} else if (!stack) {
  console.error('The local stack is not running. Start it with npm start.');
  process.exitCode = 1;
} else {
  console.log(await signIn(stack, stack.users[who]));
}
