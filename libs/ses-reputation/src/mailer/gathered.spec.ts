import { describe, expect, it } from '@jest/globals';
import { Gathered } from './gathered.js';

/** Questions that are answered when the test says. */
function open() {
  const asked: { questions: number[]; answer: (failure?: Error) => Promise<void> }[] = [];
  const ask = (questions: number[]) =>
    new Promise<string>((resolve, reject) => {
      const answer = (failure?: Error) => {
        if (failure) reject(failure);
        else resolve(questions.join());
        return turns();
      };
      asked.push({ questions, answer });
    });
  return { asked, ask };
}

/** Long enough for what was scheduled to run. */
async function turns(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
}

describe('Gathered', () => {
  it('asks at once when nothing is under way, with all that was asked in the same turn', async () => {
    const { asked, ask } = open();
    const gathered = new Gathered(ask, 10);
    const answers = [1, 2, 3].map((one) => gathered.answerTo(one));
    await turns();
    expect(asked.map(({ questions }) => questions)).toEqual([[1, 2, 3]]);
    await asked[0]!.answer();
    expect(await Promise.all(answers)).toEqual(['1,2,3', '1,2,3', '1,2,3']);
  });

  it('keeps what comes while a question is under way for the next one', async () => {
    const { asked, ask } = open();
    const gathered = new Gathered(ask, 10);
    void gathered.answerTo(1);
    await turns();
    const second = gathered.answerTo(2);
    await turns();
    const third = gathered.answerTo(3);
    await turns();
    expect(asked).toHaveLength(1);
    await asked[0]!.answer();
    expect(asked.map(({ questions }) => questions)).toEqual([[1], [2, 3]]);
    await asked[1]!.answer();
    expect(await Promise.all([second, third])).toEqual(['2,3', '2,3']);
  });

  it('tells a failure to all that went along, and to nobody else', async () => {
    const { asked, ask } = open();
    const gathered = new Gathered(ask, 10);
    const failed = [1, 2].map((one) => gathered.answerTo(one));
    await turns();
    const other = gathered.answerTo(3);
    const settled = Promise.allSettled(failed);
    await asked[0]!.answer(new Error('refused'));
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await asked[1]!.answer();
    expect(await other).toBe('3');
  });

  it('asks no more than so many at once, and all in the end', async () => {
    const { asked, ask } = open();
    const gathered = new Gathered(ask, 2);
    const answers = Promise.all([1, 2, 3, 4, 5].map((one) => gathered.answerTo(one)));
    await turns();
    for (let i = 0; i < 3; i++) await asked[i]!.answer();
    expect(await answers).toEqual(['1,2', '1,2', '3,4', '3,4', '5']);
  });

  it('lets a question that is never answered hold up no other', async () => {
    const { asked, ask } = open();
    const gathered = new Gathered(ask, 10);
    void gathered.answerTo(1);
    await turns();
    const second = gathered.answerTo(2);
    while (asked.length < 2) await new Promise(setImmediate);
    await asked[1]!.answer();
    expect(await second).toBe('2');
    // The late answer changes nothing for what is under way by then.
    const third = gathered.answerTo(3);
    await turns();
    await asked[0]!.answer();
    const fourth = gathered.answerTo(4);
    await turns();
    expect(asked).toHaveLength(3);
    await asked[2]!.answer();
    await asked[3]!.answer();
    expect(await Promise.all([third, fourth])).toEqual(['3', '4']);
  });

  it('takes a question that throws for one that fails', async () => {
    const gathered = new Gathered<number, string>(() => {
      throw new Error('broken');
    }, 10);
    await expect(gathered.answerTo(1)).rejects.toThrow('broken');
    await expect(gathered.answerTo(2)).rejects.toThrow('broken');
  });
});
