/** Names come from clients, too, so what is remembered of them is bounded. */
const most = 2_000;
const longest = 200;

/** The same function of a name, worked out once for each name until there are too many: then all are forgotten. */
export function remembered<T>(work: (name: string) => T): (name: string) => T {
  const results = new Map<string, T>();
  return (name) => {
    const known = results.get(name);
    if (known !== undefined || results.has(name)) return known as T;
    const result = work(name);
    if (name.length > longest) return result;
    if (results.size >= most) results.clear();
    results.set(name, result);
    return result;
  };
}
