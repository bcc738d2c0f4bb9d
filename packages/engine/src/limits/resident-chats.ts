/** A chat of which the model's process may hold keys and values. */
export interface ResidentChat {
  /** True while it is answered. */
  readonly busy: boolean;
  /** Lets the process free what it holds. */
  forget(): void;
}

/** The chats that are held, within a limit of memory; those unused for longest are forgotten first. */
export class ResidentChats {
  readonly #bytes = new Map<ResidentChat, number>(); // least recently used first

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.#bytes.size;
  }

  /** Notes that a chat is used and how much is held of it, which is never too much to go on with this one. */
  use(chat: ResidentChat, bytes: number): void {
    this.#bytes.delete(chat);
    this.#bytes.set(chat, bytes);
    let total = [...this.#bytes.values()].reduce((sum, held) => sum + held, 0);
    for (const [other, held] of this.#bytes) {
      if (total <= this.limit) return;
      if (other === chat || other.busy) continue;
      this.#bytes.delete(other);
      other.forget();
      total -= held;
    }
  }

  /** Notes that nothing is held of a chat any more. */
  drop(chat: ResidentChat): void {
    this.#bytes.delete(chat);
  }
}
