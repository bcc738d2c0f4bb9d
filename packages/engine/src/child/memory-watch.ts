/** Milliseconds between two looks at the memory. */
const interval = 50;

/** Tells once when the process holds more than `limit` bytes; looks between two runs of the model. */
export function watchMemory(limit: number, tell: (residentBytes: number) => void): void {
  const timer = setInterval(() => {
    const residentBytes = process.memoryUsage.rss();
    if (residentBytes <= limit) return;
    clearInterval(timer);
    tell(residentBytes);
  }, interval);
  timer.unref();
}
