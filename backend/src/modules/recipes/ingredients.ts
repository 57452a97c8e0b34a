/** In one form, whoever writes them: sorted, each once, so that the same list has the same answer. */
export function normalised(ingredients: readonly string[]): string[] {
  const names = ingredients.map((name) =>
    name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim(),
  );
  return [...new Set(names)].sort();
}

/** Letters that a word must share with another to be taken for the same in another number or case. */
const stem = 4;

const stemsOf = (text: string): string[] =>
  (text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? []).map((word) => word.slice(0, stem));

/** Which of those asked for are in a recipe: `tomatoes` is in one with `Tomato, ripe`. */
export function shared(asked: readonly string[], has: readonly { name: string }[]): string[] {
  const stems = new Set(has.flatMap(({ name }) => stemsOf(name)));
  return asked.filter((name) => stemsOf(name).some((one) => stems.has(one)));
}
