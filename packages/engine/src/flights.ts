import { because, type Hierarchy, type InstanceActivity, type Tag } from '@holdfast/core';
import type { Clock, EngineEvent } from './ports.ts';
import { hierarchyState, type EngineState } from './state.ts';

export interface Flight {
  readonly action: 'check' | 'restore' | 'recover' | 'remove';
  readonly abort: AbortController;
  cancelTimer: () => void;
}

export interface FlightsOptions {
  readonly clock: Clock;
  readonly state: EngineState;
  readonly onChange: () => void;
  readonly tell: (event: Pick<EngineEvent, 'code' | 'severity'> & Partial<EngineEvent>) => void;
  readonly limits: { readonly abortMs: number };
}

/** Which action is under way for which resource: at most one each. */
export class Flights {
  readonly #options: FlightsOptions;
  readonly #current = new Map<Tag, Flight>();

  constructor(options: FlightsOptions) {
    this.#options = options;
  }

  set(hierarchy: string, tag: Tag, activity: InstanceActivity): void {
    hierarchyState(this.#options.state, hierarchy).instances.set(tag, activity);
    this.#options.onChange();
  }

  /** `undefined` when something is under way already. */
  begin(hierarchy: Hierarchy, tag: Tag, action: Flight['action']): Flight | undefined {
    if (this.#current.has(tag)) return undefined;
    const flight: Flight = { action, abort: new AbortController(), cancelTimer: () => {} };
    this.#current.set(tag, flight);
    this.set(hierarchy.id, tag, { state: 'busy', action });
    return flight;
  }

  isCurrent(tag: Tag, flight: Flight): boolean {
    return this.#current.get(tag) === flight;
  }

  /** False when the flight was given up meanwhile: its late result means nothing any more. */
  end(tag: Tag, flight: Flight): boolean {
    flight.cancelTimer();
    if (!this.isCurrent(tag, flight)) return false;
    this.#current.delete(tag);
    return true;
  }

  limit(flight: Flight, ms: number, onLimit: () => void): void {
    const { clock } = this.#options;
    flight.cancelTimer();
    flight.cancelTimer = clock.wakeAt(clock.now() + ms, onLimit);
  }

  abort(hierarchy: Hierarchy, tag: Tag): void {
    const flight = this.#current.get(tag);
    if (!flight || flight.abort.signal.aborted) return;
    flight.abort.abort();
    this.limit(flight, this.#options.limits.abortMs, () => this.abandon(hierarchy, tag, flight));
  }

  /** Nobody waits for it any longer; what it may have left behind is ended by force. */
  abandon(hierarchy: Hierarchy, tag: Tag, flight: Flight): void {
    flight.abort.abort();
    if (!this.end(tag, flight)) return;
    const reason = because('action-does-not-end', { tag, action: flight.action });
    const { facts } = reason;
    this.#options.tell({ code: 'action-abandoned', severity: 'alarm', hierarchy: hierarchy.id, tag, facts });
    this.set(hierarchy.id, tag, { state: 'failed', during: 'remove', scope: 'server', reason });
  }
}
