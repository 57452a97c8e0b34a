/** Names come from clients, too, so what is remembered of them is bounded. */
const most = 2_000;
const longest = 100;

/** The same function of a name, worked out once for each of the first names it meets. */
export function remembered<T>(work: (name: string) => T): (name: string) => T {
  const results = new Map<string, T>();
  return (name) => {
    const known = results.get(name);
    if (known !== undefined || results.has(name)) return known as T;
    const result = work(name);
    if (results.size < most && name.length <= longest) results.set(name, result);
    return result;
  };
}
