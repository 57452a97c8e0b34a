import type { Database } from '../db/index.ts';
import { readStandings, subjectKey, type Standing, type Subject } from './session-standing.ts';

/** After a failure only one question at a time is put to the database, and none for so long; others are refused at once. */
const pauseAfterFailureMs = 1_000;

export interface Finding {
  standing: Standing;
  /** When the question was put, in the clock's milliseconds. */
  askedAt: number;
}

interface Question {
  subject: Subject;
  answer: PromiseWithResolvers<Finding>;
}

/**
 * Looks subjects up in batches: whoever asks while a query runs is in the next one, so one connection serves any crowd.
 */
export class StandingLookup {
  readonly #database: Database;
  readonly #clock: () => number;
  #waiting = new Map<string, Question>();
  #busy = false;
  #asking = false;
  #failure: { error: unknown; at: number } | undefined;

  constructor(database: Database, clock: () => number) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Rejects when the tables cannot be read. */
  async find(subject: Subject): Promise<Finding> {
    const failure = this.#failure;
    if (failure && (this.#asking || this.#clock() - failure.at < pauseAfterFailureMs)) {
      throw failure.error;
    }
    const key = subjectKey(subject);
    let question = this.#waiting.get(key);
    if (question === undefined) {
      question = { subject, answer: Promise.withResolvers() };
      this.#waiting.set(key, question);
    }
    if (!this.#busy) {
      this.#busy = true;
      // Not at once: everyone who asks in this turn comes along.
      setImmediate(() => void this.#answerAll());
    }
    return question.answer.promise;
  }

  async #answerAll(): Promise<void> {
    while (this.#waiting.size > 0) {
      const questions = [...this.#waiting.values()];
      this.#waiting = new Map();
      await this.#answer(questions);
    }
    this.#busy = false;
  }

  async #answer(questions: readonly Question[]): Promise<void> {
    const askedAt = this.#clock();
    this.#asking = true;
    try {
      const standings = await readStandings(
        this.#database,
        questions.map(({ subject }) => subject),
      );
      this.#failure = undefined;
      questions.forEach(({ answer }, index) => {
        const standing = standings[index];
        if (standing === undefined) answer.reject(new Error('a subject was not answered'));
        else answer.resolve({ standing, askedAt });
      });
    } catch (error) {
      this.#failure = { error, at: this.#clock() };
      for (const { answer } of questions) answer.reject(error);
    } finally {
      this.#asking = false;
    }
  }
}
