import { describe, expect, it } from '@jest/globals';
import { Patience } from './patience.js';

const ANSWERED = () => Promise.resolve('answer');

/** A database that answers when it is told to. */
function hangingDatabase() {
  const answers: (() => void)[] = [];
  const ask = () => new Promise<string>((resolve) => answers.push(() => resolve('late')));
  return { ask, answers };
}

describe('Patience', () => {
  it('gives the answer, or the error', async () => {
    const patience = new Patience();
    expect(await patience.within(1_000, ANSWERED)).toBe('answer');
    await expect(patience.within(1_000, () => Promise.reject(new Error('refused')))).rejects.toThrow(
      'refused',
    );
  });

  it('asks a few at a time, and all in the end', async () => {
    const patience = new Patience();
    let open = 0;
    let most = 0;
    const ask = async () => {
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      return open--;
    };
    await Promise.all(Array.from({ length: 100 }, () => patience.within(60_000, ask)));
    expect(most).toBe(4);
  });

  it('keeps no more than four questions in a database that hangs, and asks again when it answers', async () => {
    const patience = new Patience();
    const { ask, answers } = hangingDatabase();
    const given = await Promise.allSettled(Array.from({ length: 50 }, () => patience.within(20, ask)));
    expect(given.every(({ status }) => status === 'rejected')).toBe(true);
    expect(answers).toHaveLength(4);
    // At once: a minute's patience would be the end of this test.
    await expect(patience.within(60_000, ANSWERED)).rejects.toThrow('unanswered');
    for (const answer of answers) answer();
    await new Promise(setImmediate);
    expect(await patience.within(60_000, ANSWERED)).toBe('answer');
  });

  it('fails those that wait for their turn as soon as it is known that the database hangs', async () => {
    const patience = new Patience();
    const { ask, answers } = hangingDatabase();
    const asked = Array.from({ length: 4 }, () => patience.within(20, ask).catch(String));
    await expect(patience.within(60_000, ask)).rejects.toThrow('unanswered');
    await Promise.all(asked);
    expect(answers).toHaveLength(4);
  });

  it('tells of an answer that came too late', async () => {
    const patience = new Patience();
    const { ask, answers } = hangingDatabase();
    const late: string[] = [];
    await expect(patience.within(20, ask, (answer) => late.push(answer))).rejects.toThrow('20 ms');
    answers[0]!();
    await new Promise(setImmediate);
    expect(late).toEqual(['late']);
  });
});
