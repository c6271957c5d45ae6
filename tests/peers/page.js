// What bench.mjs asks of the page, one call at a time.
import { runtimes } from './runtimes.js';

const PHOTOS = ['chelsea.png', 'astronaut.png', 'coffee.png', 'rocket.jpg'];
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

const loaders = new Map();
const models = new Map();

// Makes a model ready and runs it until the browser has compiled what is hot: so often and so long.
export async function load({ name, runtime, file }, runs, milliseconds) {
  if (!loaders.has(runtime)) loaders.set(runtime, await runtimes[runtime]());
  const run = await loaders.get(runtime)(await bytesOf(file));
  // PyTorch's layout: channels first.
  const inputs = await Promise.all(PHOTOS.map((photo) => input(photo, runtime === 'onnxruntime-web')));
  models.set(name, { run, inputs });
  const start = performance.now();
  for (let count = 0; count < runs || performance.now() - start < milliseconds; count++) await run(inputs[0]);
}

// The output for each photo.
export async function outputs(name) {
  const { run, inputs } = models.get(name);
  const found = [];
  for (const input of inputs) found.push(Array.from(await run(input)));
  return found;
}

// One round: milliseconds a run, of each of `names` in this order.
export async function round(names, runs) {
  const times = {};
  for (const name of names) {
    const { run, inputs } = models.get(name);
    // The one before has left its own weights in the caches.
    await run(inputs[0]);
    const start = performance.now();
    for (let count = 0; count < runs; count++) await run(inputs[0]);
    times[name] = (performance.now() - start) / runs;
  }
  return times;
}

// What Octet alone takes in a page for one model. The memory only ever grows.
export async function memory(file) {
  const { default: init, Interpreter } = await import('octet');
  const { memory } = await init();
  const bytes = await bytesOf(file);
  const sizes = { file_bytes: bytes.length, loaded_bytes: memory.buffer.byteLength };
  const interpreter = new Interpreter(bytes, { kernels: 'simd' });
  sizes.constructed_bytes = memory.buffer.byteLength;
  interpreter.allocateTensors();
  sizes.allocated_bytes = memory.buffer.byteLength;
  const [{ index }] = interpreter.getInputDetails();
  interpreter.setTensor(index, await input(PHOTOS[0], false));
  interpreter.invoke();
  sizes.invoked_bytes = memory.buffer.byteLength;
  sizes.arena_bytes = interpreter.arenaBytes();
  return sizes;
}

// The wasm files that have been loaded.
export function wasm() {
  const names = performance.getEntriesByType('resource').map(({ name }) => name.split('/').at(-1));
  return names.filter((name) => name.endsWith('.wasm')).sort();
}

async function bytesOf(file) {
  return new Uint8Array(await (await fetch(`/target/peers/${file}`)).arrayBuffer());
}

// A photo as the network takes it.
async function input(photo, channelsFirst) {
  const image = await createImageBitmap(await (await fetch(`/www/photos/${photo}`)).blob());
  const side = Math.min(image.width, image.height);
  const canvas = new OffscreenCanvas(224, 224).getContext('2d');
  canvas.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, 224, 224);
  const { data } = canvas.getImageData(0, 0, 224, 224);
  const pixels = 224 * 224;
  const numbers = new Float32Array(pixels * 3);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const at = channelsFirst ? channel * pixels + pixel : pixel * 3 + channel;
      numbers[at] = (data[pixel * 4 + channel] / 255 - MEAN[channel]) / DEVIATION[channel];
    }
  }
  return numbers;
}
