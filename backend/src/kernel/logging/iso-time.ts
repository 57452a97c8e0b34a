/** The present in ISO 8601, UTC; the text is made once for all lines of a millisecond. */
export function isoClock(): () => string {
  let madeAt = 0;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== madeAt) {
      madeAt = now;
      text = new Date(now).toISOString();
    }
    return text;
  };
}
