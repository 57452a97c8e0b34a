/** Drawn here, 24 units wide, in the colour of the text around them. */
const paths = {
  overview: 'M3 12h4l3-8 4 16 3-8h4',
  queues: 'M4 6h16M4 12h16M4 18h10',
  jobs: 'M4 7.5 12 3l8 4.5v9L12 21l-8-4.5zM4 7.5l8 4.5 8-4.5M12 12v9',
  logs: 'M6 3h9l4 4v14H6zM9 12h7M9 16h7M9 8h3',
  webhooks: 'M4 13v6h16v-6M4 13l3-8h10l3 8h-5l-1.5 3h-3L9 13z',
  billing: 'M3 6h18v12H3zM3 10h18M7 15h4',
  drive: 'M4 7h9m4 0h3M4 17h3m4 0h9M15 4.5v5M9 14.5v5',
  providers: 'M12 3v6m0 6v6M5 12a7 7 0 1 0 14 0 7 7 0 1 0-14 0',
  flags: 'M5 21V4m0 0h13l-3 4.5L18 13H5',
  sessions:
    'M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21a7 7 0 0 1 14 0M16 3.3a4 4 0 0 1 0 7.4M22 21a7 7 0 0 0-4.5-6.5',
  audit: 'M12 3l8 3v6c0 4.5-3.2 7.8-8 9-4.8-1.2-8-4.5-8-9V6zM8.5 12l2.5 2.5L15.5 10',
  good: 'M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM8 12.5l2.7 2.7L16 9.5',
  warn: 'M12 4 2.8 20h18.4zM12 10v4.5m0 2.6v.1',
  bad: 'M8 3h8l5 5v8l-5 5H8l-5-5V8zM9 9l6 6m0-6-6 6',
  idle: 'M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM8 12h8',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.5v15l12-7.5z',
  live: 'M12 13a1 1 0 1 0 0-2 1 1 0 0 0 0 2zM7.8 16.2a6 6 0 0 1 0-8.4M16.2 7.8a6 6 0 0 1 0 8.4M5 19A10 10 0 0 1 5 5M19 5a10 10 0 0 1 0 14',
  polling:
    'M20 11a8 8 0 0 0-14.5-4L3 9.5M3 4v5.5h5.5M4 13a8 8 0 0 0 14.5 4l2.5-2.5M21 20v-5.5h-5.5',
  offline:
    'M3 3l18 18M8.5 15.5a5 5 0 0 1 7 0M5 12a10 10 0 0 1 4-2.4M19 12a10 10 0 0 0-5-2.7M2 8.5a15 15 0 0 1 4.5-2.8M22 8.5A15 15 0 0 0 11 5M12 19.5v.1',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.4 1.4m11.2 11.2L19 19M5 19l1.4-1.4M17.6 6.4 19 5',
  moon: 'M20.5 14.5A8.5 8.5 0 0 1 9.5 3.5a8.5 8.5 0 1 0 11 11z',
  out: 'M14 4h5v16h-5M4 12h11m-4-4 4 4-4 4',
  to: 'M4 12h16m-5-5 5 5-5 5',
  download: 'M12 4v11m-4-4 4 4 4-4M5 20h14',
} as const;

export type IconName = keyof typeof paths;

/** For the eye only: the words beside it say the same. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
