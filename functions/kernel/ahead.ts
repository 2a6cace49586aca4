/** Reads `count` things in order, some of them before they are needed. */
export async function* ahead<T>(
  count: number,
  width: number,
  read: (at: number) => Promise<T>,
): AsyncGenerator<T> {
  const window: Promise<T>[] = [];
  for (let next = 0; next < count || window.length > 0;) {
    while (next < count && window.length < width) {
      const reading = read(next++);
      // Where the reader stops before it comes to this one, nobody else hears of its failure.
      reading.catch(() => undefined);
      window.push(reading);
    }
    const first = window.shift();
    if (first !== undefined) yield await first;
  }
}
