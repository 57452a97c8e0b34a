import type { Moment } from './types.ts';

/** One who sells, in the sandbox; in development only. */
export interface SandboxStore {
  name: string;
  title: string;
  products: string[];
  /** What can be done to a purchase. */
  commands: string[];
  /** By its own clock. */
  now: Moment;
  purchases: SandboxPurchase[];
  deliveries: SandboxDelivery[];
}

export interface SandboxPurchase {
  id: string;
  product: string;
  status: string;
  userId: string | null;
  endsAt: Moment | null;
}

export interface SandboxDelivery {
  event: string;
  type: string;
  /** 0 where there was none. */
  answers: number[];
  delivered: boolean;
}

export interface StoreCommand {
  command: string;
  purchase?: string;
  product?: string;
  userId?: string;
  advanceSeconds?: number;
  event?: string;
  lost?: boolean;
  copies?: number;
  reverse?: number;
  lateMs?: number;
}
