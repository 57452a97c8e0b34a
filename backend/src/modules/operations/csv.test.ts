import { expect, test } from '@jest/globals';
import { csvRow } from './csv.ts';

test.each([
  ['plain', 'plain'],
  [null, ''],
  [undefined, ''],
  [-5, '-5'],
  [new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a,b', '"a,b"'],
  ['say "no"', '"say ""no"""'],
  ['two\nlines', '"two\nlines"'],
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['\r=1', '"\'\r=1"'],
  ['＝1', "'＝1"],
  ['=A1,"x"', '"\'=A1,""x"""'],
  [{ a: '=1' }, '"{""a"":""=1""}"'],
])('%j is the cell %j', (value, cell) => {
  expect(csvRow([value, 'end'])).toBe(`${cell},end\r\n`);
});
