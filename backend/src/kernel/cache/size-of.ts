/** Of the entry itself, its key's place in the map, and its times. */
const entryBytes = 300;
const objectBytes = 64;
const placeBytes = 8;
/** Of its name and of the shape that it makes, where no other object has the same. */
const fieldBytes = 32;
const stringBytes = 24;
/** A number that is no small integer is an object of its own. */
const numberBytes = 16;

/** About what a value takes in memory with its entry: rather too much than too little, whatever its shape. */
export function sizeOf(value: unknown): number {
  return entryBytes + bytesOf(value);
}

function bytesOf(value: unknown): number {
  if (typeof value === 'string') return textBytes(value);
  if (typeof value === 'number') return numberBytes;
  if (typeof value !== 'object' || value === null) return 0;
  let bytes = objectBytes;
  if (Array.isArray(value)) {
    for (const part of value) bytes += placeBytes + bytesOf(part);
  } else {
    // Objects of one shape share the names of their fields, but nobody knows which do.
    for (const [name, part] of Object.entries(value))
      bytes += fieldBytes + textBytes(name) + bytesOf(part);
  }
  return bytes;
}

/** The engine keeps a character beyond Latin-1, and its neighbours, in two bytes. */
const textBytes = (text: string): number =>
  stringBytes + (Buffer.byteLength(text) === text.length ? text.length : 2 * text.length);
