/**
 * Fields of a line in which there is nothing to scrub, nor in its message, so that they are not searched: for the line that
 * every request writes. They are the server's own; what a client sent is scrubbed before it is put in. A class, because its
 * brand cannot be imitated by whatever else comes to be logged.
 */
export abstract class HarmlessFields {
  readonly #harmless = true;

  static areThese(fields: unknown): boolean {
    return typeof fields === 'object' && fields !== null && #harmless in fields;
  }
}
