/** Applies an asynchronous function to items, up to `parallel` at a time; the results come in the order of the items. */
export async function* mapInOrder<T, R>(
  items: Iterable<T>,
  parallel: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  for (const item of items) {
    const started = work(item);
    started.catch(() => undefined); // it is met when its turn comes
    running.push(started);
    if (running.length >= parallel) yield await running.shift()!;
  }
  for (const left of running) yield await left;
}
