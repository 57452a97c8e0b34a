/** What a name may look like. */
const goodName = /^[a-z][a-z0-9.-]{0,62}$/;

export const isEntitlementName = (name: string): boolean => goodName.test(name);

/** Faults in the entitlement that a route or a socket event asks for, one line each. */
export function entitlementFaults(
  door: string,
  { auth, entitlement }: { auth: string; entitlement?: string },
): string[] {
  if (entitlement === undefined) return [];
  return [
    // Only whoever is signed in can have bought something.
    ...(auth === 'public' ? [`${door}: an entitlement is for signed-in callers`] : []),
    ...(isEntitlementName(entitlement)
      ? []
      : [`${door}: name the entitlement with lower case letters, digits, dots and dashes`]),
  ];
}
