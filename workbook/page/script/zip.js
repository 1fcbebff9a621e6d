// A zip archive from names and texts or bytes.

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

export function crc32(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

async function deflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const DEFLATED = 8;
const UTF8 = 0x0800;
const DATE = 0x21;

// Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
export async function zipped(files) {
  const parts = [];
  const index = [];
  let at = 0;
  for (const [name, text] of files) {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    const packed = await deflated(bytes);
    const title = new TextEncoder().encode(name);
    const shared = [20, UTF8, DEFLATED, 0, DATE];
    const sizes = [crc32(bytes), packed.length, bytes.length];
    const head = record(0x04034b50, shared, sizes, [title.length, 0]);
    index.push([record(0x02014b50, [20, ...shared], sizes, [title.length, 0, 0, 0, 0], [0, at]), title]);
    parts.push(head, title, packed);
    at += head.length + title.length + packed.length;
  }
  const directory = index.flat();
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = record(0x06054b50, [0, 0, index.length, index.length], [size, at], [0]);
  return new Blob([...parts, ...directory, end], { type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" });
}

// A signature, then numbers of 2, 4, 2 and 4 bytes.
function record(signature, shorts, longs, more = [], last = []) {
  const bytes = new DataView(new ArrayBuffer(4 + 2 * shorts.length + 4 * longs.length + 2 * more.length + 4 * last.length));
  let at = 0;
  const put = (value, size) => {
    if (size === 2) bytes.setUint16(at, value, true);
    else bytes.setUint32(at, value, true);
    at += size;
  };
  put(signature, 4);
  for (const value of shorts) put(value, 2);
  for (const value of longs) put(value, 4);
  for (const value of more) put(value, 2);
  for (const value of last) put(value, 4);
  return new Uint8Array(bytes.buffer);
}
