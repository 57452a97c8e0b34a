/** Who a flag is asked for. A `UserCaller` is one by its shape. */
export interface FlagContext {
  readonly userId?: string | undefined;
  readonly role?: string | undefined;
}

/** Switches that are set while the server runs. */
export interface Flags {
  /**
   * Whether the flag is on for this user: from memory, through OpenFeature. Resolves with `fallback` where the flag is not
   * known, or the store was never reached; with the last known rule while the store is down. Never rejects, and costs no
   * round trip.
   */
  boolean(name: string, fallback: boolean, context?: FlagContext): Promise<boolean>;
}

/** For whom a flag is on. */
export interface FlagRule {
  /** Off means off for everybody. */
  enabled: boolean;
  /** Share of the users, 0 to 100 with at most two decimals. The same user stays in as it grows. 100 is everybody, signed in or not. */
  percentage: number;
  /** Ids of users who have it whatever the percentage. */
  users: readonly string[];
  /** Roles whose users have it: `user`, `admin`, `service`. */
  roles: readonly string[];
  /** What it is for, up to 500 characters. */
  description: string;
}

export interface FlagState extends FlagRule {
  name: string;
  /** 1 for a new flag; one more with each change. */
  version: number;
  /** The id of the user who changed it last; null where it was changed in the database. */
  changedBy: string | null;
  changedAt: Date;
}

export interface FlagChange {
  /** The user's id. */
  changedBy: string;
  /**
   * The version that is to be replaced, 0 for a flag that is to be new. Left out, whatever is there is replaced.
   * Another one rejects with CONFLICT.
   */
  version?: number | undefined;
}

export interface FlagsAdmin {
  /** By name; read from the store. */
  list(): Promise<FlagState[]>;
  /** Makes or replaces it. It counts in this process when this resolves, in the others within two seconds. VALIDATION_FAILED for a bad name or rule. */
  set(name: string, rule: FlagRule, change: FlagChange): Promise<FlagState>;
  /** Resolves with what was removed, undefined where there was none. From then on the code's fallback counts. */
  remove(name: string, change?: Pick<FlagChange, 'version'>): Promise<FlagState | undefined>;
}
