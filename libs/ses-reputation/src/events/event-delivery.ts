import { describeError } from '../describe-error.js';
import type { EventListener, SesEventBus } from './ses-event-bus.js';

type Listener = EventListener['listener'];

/** Which listeners have had an event that is tried again, and which are still at it. */
interface Progress {
  done: Set<Listener>;
  running: Map<Listener, Promise<unknown>>;
}

/** An event that is forgotten here is told again to listeners that have had it. */
const REMEMBERED = 10_000;

/** Hands events to the host's listeners, each listener until it has taken the event. */
export class EventDelivery {
  private readonly progress = new Map<string, Progress>();

  constructor(
    private readonly bus: SesEventBus,
    private readonly listenerMs: number,
  ) {}

  /** Whether nobody listens to an event, which is delivered then, without anyone to read its payload for. */
  concernsNobody(id: string, name: string): boolean {
    if (this.bus.isHeard(name)) return false;
    this.progress.delete(id);
    return true;
  }

  /**
   * Calls every listener that has not taken the event yet, and waits for them, and for those that are still at it.
   *
   * @param id the same at each attempt
   * @returns what the first that failed has failed with; `null` if all have taken it
   */
  async attempt(id: string, name: string, payload: object): Promise<string | null> {
    const progress = this.progressOf(id);
    const before = new Map(progress.running);
    const waiting = this.bus
      .listeners(name)
      .filter(({ listener }) => !progress.done.has(listener))
      .map((one) => before.get(one.listener) ?? this.start(one, payload, progress));
    const failures = waiting.length === 0 ? [] : await this.failuresOf(waiting, name);
    if (failures.length === 0) this.progress.delete(id);
    return failures[0] ?? null;
  }

  private start(
    { listener, call }: EventListener,
    payload: object,
    { done, running }: Progress,
  ): Promise<unknown> {
    const taking = call(payload)
      .then(() => void done.add(listener))
      .finally(() => running.delete(listener));
    running.set(listener, taking);
    return taking;
  }

  private async failuresOf(waiting: Promise<unknown>[], name: string): Promise<string[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`it has not settled within ${this.listenerMs} ms`);
      timer = setTimeout(() => reject(error), this.listenerMs).unref();
    });
    const outcomes = await Promise.allSettled(waiting.map((one) => Promise.race([one, late])));
    clearTimeout(timer);
    const errors = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    for (const error of errors) this.bus.report(name, error);
    return errors.map(describeError);
  }

  private progressOf(id: string): Progress {
    const progress = this.progress.get(id) ?? { done: new Set(), running: new Map() };
    // Last in, last out.
    this.progress.delete(id);
    this.progress.set(id, progress);
    if (this.progress.size > REMEMBERED) this.progress.delete(this.progress.keys().next().value!);
    return progress;
  }
}
