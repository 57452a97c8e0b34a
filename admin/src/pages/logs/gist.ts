import { duration } from '../../parts/format.ts';

/** Fields that say what a line is about, in the order in which they are read. */
const telling = [
  'method',
  'path',
  'status',
  'job',
  'provider',
  'operation',
  'event',
  'check',
  'outcome',
  'reason',
  'attempt',
  'code',
  'port',
];

/** A line's fields in a few words: `GET /api/v1/me 200, 12 ms`. Empty where none of them is known. */
export function gist(fields: unknown): string {
  if (typeof fields !== 'object' || fields === null) return '';
  const all = fields as Record<string, unknown>;
  const words = telling.flatMap((name) => {
    const value = all[name];
    if (typeof value !== 'string' && typeof value !== 'number') return [];
    return [name === 'attempt' ? `attempt ${value}` : String(value)];
  });
  const { err, durationMs } = all;
  const parts = [
    words.join(' '),
    typeof durationMs === 'number' ? duration(durationMs) : '',
    typeof err === 'object' && err !== null && 'message' in err ? String(err.message) : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}
