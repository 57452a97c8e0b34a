import type { ReactNode } from 'react';
import type { BreakerState, HealthStatus, JobState, LogLevel, QueueState } from '../api/types.ts';
import type { WebhookState } from '../api/webhook-types.ts';
import { Icon, type IconName } from './icon.tsx';

export type Tone = 'good' | 'warn' | 'bad' | 'idle';

/** A state in a colour, a sign and a word: no one of them is needed to understand it. */
export function Status(props: {
  tone: Tone;
  icon?: IconName;
  className?: string;
  children: ReactNode;
}) {
  const { tone, icon = tone, className = '', children } = props;
  return (
    <span className={`status tone-${tone} ${className}`.trim()}>
      <Icon name={icon} />
      {children}
    </span>
  );
}

const healths: Record<HealthStatus, readonly [Tone, string]> = {
  ok: ['good', 'All is well'],
  degraded: ['warn', 'Degraded'],
  unavailable: ['bad', 'Unavailable'],
  draining: ['warn', 'Draining'],
};

export function HealthSign({ status }: { status: HealthStatus }) {
  const [tone, word] = healths[status];
  return (
    <Status tone={tone} className="headline">
      {word}
    </Status>
  );
}

const breakers: Record<BreakerState, readonly [Tone, string]> = {
  closed: ['good', 'Closed'],
  'half-open': ['warn', 'Half-open'],
  open: ['bad', 'Open'],
};

export function BreakerSign({ state }: { state: BreakerState }) {
  const [tone, word] = breakers[state];
  return <Status tone={tone}>{word}</Status>;
}

const jobs: Record<JobState, readonly [Tone, string, IconName?]> = {
  queued: ['idle', 'Queued', 'queues'],
  active: ['good', 'Active', 'play'],
  retrying: ['warn', 'Retrying', 'polling'],
  completed: ['good', 'Completed'],
  failed: ['warn', 'Failed'],
  dead: ['bad', 'Dead'],
};

export function JobSign({ state }: { state: JobState }) {
  const [tone, word, icon] = jobs[state];
  return (
    <Status tone={tone} icon={icon ?? tone}>
      {word}
    </Status>
  );
}

const webhooks: Record<WebhookState, readonly [Tone, string, IconName?]> = {
  received: ['idle', 'Received', 'queues'],
  processed: ['good', 'Processed'],
  failed: ['bad', 'Failed'],
  parked: ['warn', 'Parked', 'pause'],
};

export const webhookTitle = (state: WebhookState): string => webhooks[state][1];

export function WebhookSign({ state }: { state: WebhookState }) {
  const [tone, word, icon] = webhooks[state];
  return (
    <Status tone={tone} icon={icon ?? tone}>
      {word}
    </Status>
  );
}

export function QueueSign({ queue }: { queue: QueueState }) {
  if (queue.paused)
    return (
      <Status tone="warn" icon="pause">
        Paused
      </Status>
    );
  return queue.counts.active > 0 ? (
    <Status tone="good" icon="play">
      Working
    </Status>
  ) : (
    <Status tone="idle">Idle</Status>
  );
}

const levels: Record<LogLevel, Tone> = {
  trace: 'idle',
  debug: 'idle',
  info: 'idle',
  warn: 'warn',
  error: 'bad',
  fatal: 'bad',
};

export function LevelSign({ level }: { level: LogLevel }) {
  const tone = levels[level];
  return (
    <Status tone={tone} icon={tone === 'idle' ? 'logs' : tone}>
      {level}
    </Status>
  );
}
