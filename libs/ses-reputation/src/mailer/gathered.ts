/** A question that is slower than this holds up none that come after it. */
const SLOW_MS = 50;

interface Asked<Q, A> {
  question: Q;
  resolve: (answer: A) => void;
  reject: (error: unknown) => void;
}

/**
 * Asks many things with one question. What is asked in one turn of the event loop goes together, and what is asked
 * while a question is under way goes into the next one: nobody waits when there is nobody to wait for.
 */
export class Gathered<Q, A> {
  private waiting: Asked<Q, A>[] = [];
  private scheduled = false;
  private underWay = false;

  /**
   * @param ask all that wait, at once; its error is told to each of them
   * @param most so many at once
   */
  constructor(
    private readonly ask: (questions: Q[]) => Promise<A>,
    private readonly most: number,
  ) {}

  /** What the question answered in which this one went along. */
  answerTo(question: Q): Promise<A> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.underWay || this.waiting.length === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.start();
    });
  }

  private start(): void {
    const asked = this.waiting.splice(0, this.most);
    this.underWay = true;
    let over = false;
    const goOn = () => {
      if (over) return;
      over = true;
      this.underWay = false;
      this.schedule();
    };
    const slow = setTimeout(goOn, SLOW_MS);
    slow.unref();
    Promise.resolve(asked.map(({ question }) => question))
      .then(this.ask)
      .then(
        (answer) => asked.forEach(({ resolve }) => resolve(answer)),
        (error: unknown) => asked.forEach(({ reject }) => reject(error)),
      )
      .finally(() => {
        clearTimeout(slow);
        goOn();
      });
  }
}
