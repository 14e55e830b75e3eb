import { inspect } from 'node:util';

/**
 * A value that must not reach a log, an argument list or an error text: wherever it is printed it reads
 * `***`. Only `reveal()` gives it away, so that each place that needs the value can be found.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}
