/** A member that has told nothing for so long is gone, and its share is the others'. */
const DEAD_MS = 5_000;

/** Who lives among those that share a rate: each counts a beat up, and is seen to by a clock of ours alone. */
export class LifeSigns {
  private readonly seen = new Map<string, { beat: number; atMs: number }>();

  see(members: Readonly<Record<string, { beat: number }>>, nowMs: number): void {
    for (const id of this.seen.keys()) if (!(id in members)) this.seen.delete(id);
    for (const [id, { beat }] of Object.entries(members)) {
      if (this.seen.get(id)?.beat !== beat) this.seen.set(id, { beat, atMs: nowMs });
    }
  }

  /** The others that are gone, with the beat they stopped at. */
  dead(own: string, nowMs: number): Map<string, number> {
    const gone = [...this.seen].filter(([id, { atMs }]) => id !== own && nowMs - atMs > DEAD_MS);
    return new Map(gone.map(([id, { beat }]) => [id, beat]));
  }

  /** All may live. */
  forget(): void {
    this.seen.clear();
  }
}
