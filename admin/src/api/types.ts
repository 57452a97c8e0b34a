/** What the admin API answers with (`/docs` of the server has it all, tag `operations`). Moments are ISO 8601 in UTC. */
export type Moment = string;

export const jobStates = ['queued', 'active', 'retrying', 'completed', 'failed', 'dead'] as const;
export type JobState = (typeof jobStates)[number];

export interface QueueState {
  name: string;
  counts: Record<JobState, number>;
  /** Age of the oldest that waits. */
  oldestSeconds: number | null;
  paused: boolean;
  concurrency: number;
  processedPerMinute: number;
  failuresPerMinute: number;
}

/** What was done in one minute. */
export interface ThroughputPoint {
  at: Moment;
  completed: number;
  failed: number;
}

export interface JobError {
  name: string;
  message: string;
  code?: string;
}

export interface Job {
  id: string;
  queue: string;
  state: JobState;
  attempts: number;
  maxAttempts: number;
  createdAt: Moment;
  startedAt: Moment | null;
  finishedAt: Moment | null;
  nextRunAt: Moment | null;
  error: JobError | null;
  history: { attempt: number; at: Moment; error: unknown }[];
  payload: unknown;
  requestId: string;
  callerId: string | null;
  key: string | null;
  priority: number;
}

export interface JobFilter {
  state: JobState;
  queue?: string | undefined;
  search?: string | undefined;
}

export interface JobsPage {
  jobs: Job[];
  next: string | null;
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogRow {
  id: string;
  at: Moment;
  level: LogLevel;
  message: string;
  requestId: string | null;
  fields: unknown;
}

export interface LogFilter {
  level?: LogLevel | undefined;
  text?: string | undefined;
  requestId?: string | undefined;
}

export interface LogsPage {
  /** Newest first. */
  rows: LogRow[];
  next: string | null;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface Provider {
  name: string;
  breaker: BreakerState;
  openedAt: Moment | null;
  /** When an open breaker lets one call through. */
  retryAt: Moment | null;
  pausedUntil: Moment | null;
  consecutiveFailures: number;
  openings: number;
  lastError: string | null;
  latencyMs: { p50: number; p95: number; p99: number } | null;
  /** In the last 5 minutes. */
  calls: number;
  failures: number;
  inFlight: number;
  waiting: number;
  quota: { limit: number | null; remaining: number; resetsAt: Moment | null } | null;
}

/** What a provider of the sandbox is told to do wrong; without any of it the provider is well. */
export interface Faults {
  latencyMs?: number;
  status?: number;
  rate429?: { retryAfterSeconds: number };
  reset?: boolean;
  garbage?: boolean;
  slowBody?: boolean;
  quota?: { remaining: number };
  /** Share of the calls that misbehave; without it all do. */
  failRate?: number;
  forNext?: number;
}

export interface SandboxProvider {
  name: string;
  title: string;
  calls: number;
  /** Of them, those that misbehaved. */
  spoilt: number;
  faults: Faults | null;
}

export interface Person {
  id: string;
  email: string | null;
}

export const roles = ['user', 'admin', 'service'] as const;
export type Role = (typeof roles)[number];

export interface FlagRule {
  enabled: boolean;
  /** Of the users, always the same ones. */
  percentage: number;
  users: string[];
  roles: Role[];
  description: string;
}

export interface Flag extends FlagRule {
  name: string;
  version: number;
  changedBy: Person | null;
  changedAt: Moment;
}

export type HealthStatus = 'ok' | 'degraded' | 'unavailable' | 'draining';

export interface ServerProcess {
  id: string;
  role: 'api' | 'worker';
  pid: number;
  host: string;
  version: string;
  startedAt: Moment;
  seenAt: Moment;
  alive: boolean;
  sockets: number;
}

/** One step of the series, over all processes. */
export interface OverviewPoint {
  at: Moment;
  requests: number;
  errors: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  eventLoopMs: number;
  sockets: number;
  jobsRunning: number;
}

/** What could not be read is null. */
export interface Overview {
  health: { status: HealthStatus; checks: Record<string, 'ok' | 'failing'> };
  version: string;
  processes: ServerProcess[] | null;
  stepSeconds: number;
  series: OverviewPoint[] | null;
  queues: QueueState[] | null;
  providers: Provider[] | null;
  recentErrors: LogRow[] | null;
}

export interface SocketSession {
  id: string;
  processId: string;
  user: Person | null;
  role: string | null;
  rooms: string[];
  connectedAt: Moment;
  transport: string;
}

export interface Sessions {
  /** False where a process did not answer in time. */
  complete: boolean;
  processes: ServerProcess[];
  sockets: SocketSession[];
}

export interface AuditEntry {
  id: string;
  at: Moment;
  actor: Person | null;
  action: string;
  target: string;
  details: unknown;
  requestId: string;
  /** `unknown`: under way, or its process died. */
  outcome: 'succeeded' | 'failed' | 'unknown';
  errorCode: string | null;
  result: unknown;
}

export interface AuditPage {
  entries: AuditEntry[];
  next: string | null;
}

export interface Choice {
  value: string;
  label: string;
}

export interface ActionField {
  name: string;
  label: string;
  kind: 'text' | 'select' | 'number';
  required: boolean;
  help: string | null;
  /** The field whose value decides about the choices. */
  dependsOn: string | null;
  choices: Choice[] | null;
}

/** Something that a module can be told to do. */
export interface Action {
  name: string;
  title: string;
  description: string;
  fields: ActionField[];
}

export interface ActionResult {
  message: string;
  jobId: string | null;
}
