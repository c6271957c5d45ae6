// PNG files of any size, small ones and hostile ones.
import { deflateSync } from 'node:zlib';

// A picture of `width` × `height` whose pixels are `color(x, y)` → [r, g, b].
export function png(width, height, color) {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0, at = 0; y < height; y++) {
    rows[at++] = 0;
    for (let x = 0; x < width; x++) for (const value of color(x, y)) rows[at++] = value;
  }
  return file(width, height, { depth: 8, colorType: 2 }, deflateSync(rows));
}

// A valid picture, black, of one bit a pixel: 100 megapixels in some kilobytes.
export function hugePng(width, height) {
  const rows = Buffer.alloc(height * (1 + Math.ceil(width / 8)));
  return file(width, height, { depth: 1, colorType: 0 }, deflateSync(rows, { level: 9 }));
}

function file(width, height, { depth, colorType }, data) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colorType, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc(body));
  return Buffer.concat([length, body, sum]);
}

function crc(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

// Width and height of a PNG file; null if it is none.
export function sizeOfPng(bytes) {
  if (bytes.length < 24 || bytes.toString('latin1', 1, 4) !== 'PNG') return null;
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}
