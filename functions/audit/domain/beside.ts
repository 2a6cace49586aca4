/** Which parts of an act lie in its entry and which beside the log: what is about persons, and what is long. */
import { createHash } from 'node:crypto';
import type { AuditPolicy } from '../../contracts/audit-policy.ts';
import type { HandedAct } from '../../contracts/audit.ts';
import { canonicalJson } from '../../kernel/canonical-json.ts';

export interface Parted {
  readonly data: HandedAct['data'];
  /** By name, what lies beside. */
  readonly beside: Readonly<Record<string, string>>;
}

type Data = HandedAct['data'];
type Json = Data[string];
type Kept = { readonly stays: Json } | { readonly moves: string } | undefined;

const MAX_NAME = 64;

/** Takes out of an act's data what the policy wants beside the log or nowhere. @returns data without it, and what it was */
export function partAct(act: HandedAct, { privacy, events }: AuditPolicy): Parted {
  const settings = events[act.type];
  const personal = new Set([...privacy.personal, ...(settings?.beside ?? [])].map(plain));
  const dropped = new Set(privacy.drop.map(plain));
  const moved = new Map<string, string>(Object.entries(act.beside ?? {}));

  function keep(name: string, value: Json): Kept {
    if (dropped.has(plain(name))) return undefined;
    if (personal.has(plain(name))) return { moves: typeof value === 'string' ? value : canonicalJson(value) };
    if (typeof value === 'string' && Buffer.byteLength(value) >= privacy.large_from_bytes)
      return { moves: value };
    return { stays: value };
  }

  function part(value: Json, path: readonly string[]): Json {
    if (Array.isArray(value)) return value.map((each, at) => partMember(String(at), each, path) ?? null);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, each]) => {
        const kept = partMember(name, each, path);
        return kept === undefined ? [] : [[name, kept]];
      }),
    );
  }

  function partMember(name: string, value: Json, above: readonly string[]): Json | undefined {
    const path = [...above, name];
    const kept = keep(name, value);
    if (kept === undefined) return undefined;
    if ('stays' in kept) return part(kept.stays, path);
    moved.set(freeName(path, moved), kept.moves);
    return undefined;
  }

  let data: Data = Object.fromEntries(
    Object.entries(act.data).flatMap(([name, value]) => {
      const kept = partMember(name, value, []);
      return kept === undefined ? [] : [[name, kept]];
    }),
  );
  // What is still too long for its kind gives up its longest members, one after the other.
  const most = settings?.most_bytes ?? Infinity;
  while (sizeOf(data) > most) {
    const [longest] = Object.entries(data).toSorted(([, a], [, b]) => sizeOf(b) - sizeOf(a));
    if (longest === undefined) break;
    const [name, value] = longest;
    moved.set(freeName([name], moved), typeof value === 'string' ? value : canonicalJson(value));
    data = Object.fromEntries(Object.entries(data).filter(([each]) => each !== name));
  }
  return { data, beside: Object.fromEntries(moved) };
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
const sizeOf = (value: Json): number => Buffer.byteLength(canonicalJson(value));

/** `output`, `request.headers.user_agent`: where it stood, cut where that is too long, and never a name that is taken. */
function freeName(path: readonly string[], taken: ReadonlyMap<string, string>): string {
  const name = path.join('.');
  if (name.length > 0 && name.length <= MAX_NAME && !taken.has(name)) return name;
  const digest = createHash('sha256')
    .update(JSON.stringify([path, taken.has(name)]))
    .digest('hex');
  return `${name.slice(0, 40)}~${digest.slice(0, 16)}`;
}
