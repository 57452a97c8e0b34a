export { entitlementFaults, isEntitlementName } from './declarations.ts';
export { createEntitlements } from './entitlements.ts';
export type { Entitlement, Entitlements, EntitlementsNow, EntitlementSource } from './types.ts';
