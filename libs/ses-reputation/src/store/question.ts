import type { DataSource, EntityManager } from 'typeorm';
import { cutConnection, cutterOfNew } from './cut-connection.js';

/** Work on one connection of the pool that can be given up. */
export class Question<T> {
  private over = false;
  private cut: () => void = () => undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly work: (manager: EntityManager) => Promise<T>,
  ) {}

  async run(): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    const { begun, cut } = cutterOfNew(this.dataSource, () => runner.connect() as Promise<unknown>);
    this.cut = cut;
    try {
      const connection = await begun;
      // Waited for the pool meanwhile: what nobody waits for any more is not done.
      if (this.over) throw new Error('it was given up');
      this.cut = () => cutConnection(connection);
      return await this.work(runner.manager);
    } finally {
      this.cut = () => undefined;
      await runner.release();
    }
  }

  /** Nobody waits for the answer any more: the connection goes back to the pool, or its place does. */
  giveUp(): void {
    this.over = true;
    this.cut();
  }
}
