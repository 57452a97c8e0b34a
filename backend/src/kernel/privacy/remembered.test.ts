import { expect, test } from '@jest/globals';
import { remembered } from './remembered.ts';

test('works a name out once, and keeps neither long names nor more than a bounded number', () => {
  const worked: string[] = [];
  const lengthOf = remembered((name) => {
    worked.push(name);
    return name.length;
  });
  const long = 'x'.repeat(1_000);
  expect(['a', 'a', long, long].map(lengthOf)).toEqual([1, 1, 1_000, 1_000]);
  expect(worked).toEqual(['a', long, long]);

  for (let index = 0; index < 5_000; index += 1) lengthOf(`name ${index}`);
  worked.length = 0;
  expect(['a', 'b', 'b'].map(lengthOf)).toEqual([1, 1, 1]);
  expect(worked).toEqual(['a', 'b']);
});
