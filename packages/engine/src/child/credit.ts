/** How many pieces may still be sent; the sender waits when there are none left. */
export class Credit {
  #wake = () => {};

  constructor(
    private left: number,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => this.#wake());
  }

  add(pieces: number): void {
    this.left += pieces;
    this.#wake();
  }

  /** Takes one, once there is one or the signal is aborted. */
  async take(): Promise<void> {
    while (this.left === 0 && !this.signal.aborted) {
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    this.left = Math.max(0, this.left - 1);
  }
}
