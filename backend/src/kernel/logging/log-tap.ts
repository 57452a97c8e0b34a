/** A second way for the lines of a logger, which leads somewhere once there is a place for them. */
export interface LogTap {
  /** A finished line, with its line break. */
  write(line: string): void;
  /** Whoever takes the lines from now on; first it is given those that were kept since the start. It must not throw or wait. */
  open(take: (line: string) => void): void;
  /** From now on lines go nowhere. */
  close(): void;
}

/** What is kept until the tap is opened or closed: the lines of a start. */
const mostKept = 200;

export function createLogTap(): LogTap {
  let kept: string[] = [];
  let take = (line: string): void => {
    if (kept.length < mostKept) kept.push(line);
  };
  return {
    write(line) {
      take(line);
    },
    open(taker) {
      take = taker;
      for (const line of kept) taker(line);
      kept = [];
    },
    close() {
      take = () => undefined;
      kept = [];
    },
  };
}
