import type { Caller } from '../auth/index.ts';

/** Something that a user may use for now, whoever sold it. */
export interface Entitlement {
  /** Lower case letters, digits, dots and dashes: `pro`. */
  name: string;
  /** When it ends unless something happens; null where nothing ends it. */
  until: Date | null;
}

/** What is in force at this moment, and the next moment at which that changes by time alone; null for never. */
export interface EntitlementsNow {
  entitlements: readonly Entitlement[];
  changesAt: Date | null;
}

/** Knows what users may use. Rejects where it cannot tell: nobody is let in, and nobody is told that they did not pay. */
export type EntitlementSource = (userId: string) => Promise<EntitlementsNow>;

/**
 * What users may use. A port: whoever sells provides the source, the others only ask. Without a source nobody has anything.
 * Answers come from the memory of this process for a short time, which ends at once where something changes in any process.
 */
export interface Entitlements {
  /** Those in force now. Rejects with what the source rejects with, such as DATABASE_UNAVAILABLE. */
  of(userId: string): Promise<readonly Entitlement[]>;
  has(userId: string, name: string): Promise<boolean>;
  /** Rejects with ENTITLEMENT_REQUIRED (403) where the caller does not have it. What guards routes and socket events. */
  require(caller: Caller, name: string): Promise<void>;
  /** One source at a time; throws where there is one. Returns what ends it. */
  provide(source: EntitlementSource): () => void;
  /** Call it when what the user may use has changed and is committed: every process forgets what it knows of them. */
  changed(userId: string): void;
}
