import { apple } from '../../../../local/providers/apple.ts';
import { startSandbox } from '../../../../local/providers/sandbox.ts';
import { commandOf } from '../../../../local/providers/testing/command.ts';
import { createChecks } from '../../../../../scripts/prove/checks.ts';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { forgeries, rootsBeside } from '../testing/apple-forgeries.ts';

const roots = 'APPLE_ROOT_CERTIFICATES';

export default defineClaim({
  id: 'apple-forgeries',
  phase: 2,
  claim:
    'What Apple has not signed for the app gives nothing and changes nothing, presented by an app or sent as a notification; what it has signed is taken, is another user’s for nobody else, and stands in no line of the log.',
  bound:
    'every forgery 422 and 400 and Apple not asked, the genuine ones 200, two users 409, 0 lines',
  seconds: 15,
  async measure({ stack, startServer, progress }) {
    const { check, finding } = createChecks(progress);
    const sandbox = await startSandbox({ providers: [apple] });
    const told = commandOf(sandbox, 'apple');
    try {
      const server = await startServer({
        environment: {
          ...sandbox.environment,
          [roots]: [sandbox.environment[roots], ...rootsBeside].join(','),
          RATE_LIMIT_EXPENSIVE: '1000',
        },
      });
      const [user, other] = [await stack.signUp(), await stack.signUp()];
      const send = async (path: string, body: object, token = user.accessToken) => {
        const answer = await fetch(`${server.url}/api/v1/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
          body: JSON.stringify(body),
        });
        await answer.arrayBuffer();
        return answer.status;
      };
      const present = (signedTransaction: string, token?: string) =>
        send('purchases/apple', { signedTransaction }, token);
      const notify = (signedPayload: string) => send('webhooks/apple', { signedPayload });
      const { signedTransaction } = await told<{ signedTransaction: string }>('buy', {
        product: 'sandbox.pro.monthly',
      });
      const { signedPayload } = await told<{ signedPayload: string }>('test');

      for (const [name, forge] of forgeries) {
        await check(`${name}, by an app`, async () => {
          equal(await present(forge(signedTransaction)), 422);
        });
        await check(`${name}, as a notification`, async () => {
          equal(await notify(forge(signedPayload)), 400);
        });
      }
      await check('Apple was not asked', () => {
        equal(sandbox.calls('apple').length, 0);
      });
      await check('the genuine transaction, ten times at once', async () => {
        const answers = await Promise.all(
          Array.from({ length: 10 }, () => present(signedTransaction)),
        );
        equal(answers.join(), Array(10).fill(200).join());
      });
      await check('the same by another user', async () => {
        equal(await present(signedTransaction, other.accessToken), 409);
      });
      await check('the genuine notification, ten times at once', async () => {
        const answers = await Promise.all(Array.from({ length: 10 }, () => notify(signedPayload)));
        equal(answers.join(), Array(10).fill(200).join());
      });
      await check('no piece of it in the log', () => {
        const output = server.output();
        const pieces = [...signedTransaction.split('.'), ...signedPayload.split('.')];
        equal(pieces.filter((piece) => output.includes(piece.slice(-40))).length, 0);
      });
      return finding();
    } finally {
      await sandbox.close();
    }
  },
});

function equal(found: string | number, wanted: string | number): void {
  if (found !== wanted) throw new Error(`${found} in place of ${wanted}`);
}
