/**
 * The checksum inside Azure's keys: the last four bytes of the decoded key are the Marvin32 hash of those before, under
 * a seed that says what the key is for. Source of seeds and layout: Microsoft's `security-utilities`; of the hash: .NET's
 * runtime. Tried on seven keys that leaked.
 */

/** What a key is for, as the eight ASCII characters of its seed. */
const SEEDS = [
  'Default0', // storage
  'AbAcct00', // Batch
  'Classic0', // Machine Learning, classic
  ...['MastRO00', 'MastRW00', 'SystRO00', 'SystRW00', 'SysAll00', 'Resour00', 'Encryp00'], // Cosmos DB
  ...['Tenant00', 'Gatewy00', 'GitKey00'], // API Management
  'Access00', // Cache for Redis
  ...['Send0000', 'Manage00', 'Listen00', 'System00', 'Unknown0'], // Service Bus, Event Hubs, Relay
  ...['IoTHub00', 'DpsKey00', 'Device00'], // IoT
  ...['Query000', 'PAdmin00'], // Search
  ...['Master00', 'Functi00'], // Functions
  'ACRDflt0', // Container Registry
] as const;

const CHECKSUM_BYTES = 4;

/** @param key base64 or base64url. @returns whether its checksum is right under one of the seeds */
export function hasAzureChecksum(key: string): boolean {
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length <= CHECKSUM_BYTES) return false;
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  const checksum = bytes.readUInt32LE(body.length);
  return SEEDS.some((seed) => azureChecksum(body, seed) === checksum);
}

/**
 * Marvin32 with both halves of its state folded into one.
 * @param seed eight ASCII characters, read as a big-endian number
 * @returns 32 bits, unsigned
 */
export function azureChecksum(body: Uint8Array, seed: string): number {
  const bytes = Buffer.from(body);
  const start = Buffer.from(seed, 'latin1');
  let high = start.readUInt32BE(0);
  let low = start.readUInt32BE(4);
  const mix = (word: number): void => {
    low = (low + word) >>> 0;
    high = (high ^ low) >>> 0;
    low = (rotateLeft(low, 20) + high) >>> 0;
    high = (rotateLeft(high, 9) ^ low) >>> 0;
    low = (rotateLeft(low, 27) + high) >>> 0;
    high = rotateLeft(high, 19);
  };
  const whole = bytes.length - (bytes.length % 4);
  for (let at = 0; at < whole; at += 4) mix(bytes.readUInt32LE(at));
  // What is left of a word, and a mark where the text ends.
  const last = Buffer.alloc(4);
  bytes.copy(last, 0, whole);
  last[bytes.length - whole] = 0x80;
  mix(last.readUInt32LE(0));
  mix(0);
  return (high ^ low) >>> 0;
}

const rotateLeft = (word: number, bits: number): number => ((word << bits) | (word >>> (32 - bits))) >>> 0;
