/** The wordmark. */
export function Mark() {
  return (
    <span className="mark">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" />
        <path d="M8 22V10h3v2.5h3.5V10h3v2.5H21V10h3v12h-6v-3.5a2 2 0 0 0-4 0V22z" />
      </svg>
      Bulwark
    </span>
  );
}
