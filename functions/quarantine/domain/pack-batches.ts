export interface BatchLimits {
  readonly maxItems: number;
  readonly maxBytes: number;
}

export interface Packed<T> {
  /** Every item that fits a batch at all, once, in the order it came. */
  readonly batches: readonly (readonly T[])[];
  /** Items that are larger than a whole batch may be. */
  readonly oversized: readonly T[];
}

/**
 * Packs items into as few batches as their order allows.
 * @param bytesOf what one item weighs against `maxBytes`
 */
export function packBatches<T>(
  items: readonly T[],
  bytesOf: (item: T) => number,
  limits: BatchLimits,
): Packed<T> {
  const batches: T[][] = [];
  const oversized: T[] = [];
  let open: T[] = [];
  let openBytes = 0;
  for (const item of items) {
    const bytes = bytesOf(item);
    if (bytes > limits.maxBytes) {
      oversized.push(item);
      continue;
    }
    if (open.length === limits.maxItems || openBytes + bytes > limits.maxBytes) {
      batches.push(open);
      open = [];
      openBytes = 0;
    }
    open.push(item);
    openBytes += bytes;
  }
  if (open.length > 0) batches.push(open);
  return { batches, oversized };
}
