const deepest = 64;

/**
 * What makes parsed JSON unsafe to hand on, whatever its schema: a key `__proto__` (whoever copies that object gets a
 * prototype of the client's choice; Joi itself does) and nesting that would exhaust the stack of whoever walks it.
 * Undefined where there is nothing.
 */
export function jsonHazard(value: unknown): string | undefined {
  let level = [value].filter(isContainer);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === deepest) return 'is nested too deeply';
    const below: object[] = [];
    for (const container of level) {
      if (Object.hasOwn(container, '__proto__')) return 'must not have a key __proto__';
      for (const child of Object.values(container) as unknown[]) {
        if (isContainer(child)) below.push(child);
      }
    }
    level = below;
  }
  return undefined;
}

/** Binary attachments of a socket event hold nothing but bytes. */
const isContainer = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
