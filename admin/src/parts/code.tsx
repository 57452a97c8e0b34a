/** Anything, as it is. It scrolls, so the keyboard can reach it. */
export function Code({ label, value }: { label: string; value: unknown }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return (
    <pre className="code" role="group" aria-label={label} tabIndex={0}>
      {text}
    </pre>
  );
}
