/** A fault of the local Postgres that a person can mend; the message says how. */
export class PostgresError extends Error {
  override name = 'PostgresError';
}

/** Another program listens on the port: choose another one and start again. */
export class PortTakenError extends PostgresError {
  override name = 'PortTakenError';
  readonly port: number;

  constructor(host: string, port: number) {
    super(`Port ${port} on ${host} is taken by another program.`);
    this.port = port;
  }
}

/** A living supervisor owns the data directory. */
export class AlreadyRunningError extends PostgresError {
  override name = 'AlreadyRunningError';
  readonly pid: number;

  constructor(dataDirectory: string, pid: number) {
    super(
      `Process ${pid} already runs the Postgres in ${dataDirectory}: use that one, or end it first.`,
    );
    this.pid = pid;
  }
}

/** The data were written by another major version of Postgres. */
export class DataVersionError extends PostgresError {
  override name = 'DataVersionError';

  constructor(dataDirectory: string, dataMajor: number, binariesMajor: number) {
    super(
      `The data in ${dataDirectory} are of Postgres ${dataMajor}, the binaries found are ${binariesMajor}. ` +
        `Run \`npm run local:reset\` (it deletes the local data), or use Postgres ${dataMajor} again.`,
    );
  }
}
