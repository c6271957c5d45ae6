// Measures Octet and its peers side by side: node bench.mjs ROUNDS. Run it with `cargo xtask bench --peers`.
import { access, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { launch, need } from '../e2e/chromium.mjs';
import { median } from '../e2e/figures.mjs';
import { serveFolder } from '../e2e/static_server.mjs';
import { markdown } from './report.mjs';

// Of each kind first a peer, then Octet, so that the two are measured one right after the other.
const CANDIDATES = [
  ['LiteRT.js', 'float32', 'mnv2_fp32.tflite'],
  ['Octet', 'float32', 'mnv2_fp32.tflite'],
  ['LiteRT.js', 'full_integer', 'mnv2_int8.tflite'],
  ['Octet', 'full_integer', 'mnv2_int8.tflite'],
  ['LiteRT.js', 'dynamic_range', 'mnv2_dr.tflite'],
  ['Octet', 'dynamic_range', 'mnv2_dr.tflite'],
  ['onnxruntime-web', 'float32', 'mnv2_fp32.onnx'],
  ['onnxruntime-web', 'int8_qdq', 'mnv2_qdq.onnx'],
].map(([runtime, mode, file]) => ({ name: `${runtime} ${mode}`, runtime, mode, file }));

// What is divided by what, and how much it may be.
const RATIOS = [
  ['Octet full_integer', 'LiteRT.js full_integer', 0.7],
  ['Octet full_integer', 'Octet float32', 0.45],
  ['Octet float32', 'LiteRT.js float32', 1],
  ['Octet dynamic_range', 'LiteRT.js dynamic_range', 0.4],
  ['Octet dynamic_range', 'Octet float32', 1],
];

const WARM_UP_RUNS = 20;
const WARM_UP_MS = 2000;
const RUNS_A_ROUND = 5;

// How far probabilities may differ. LiteRT's own sets of kernels round integers in different ways, too, and differ
// by 0.03 on such photos.
const AGREEMENT = [
  ['Octet float32', 'LiteRT.js float32', 1e-4],
  ['Octet full_integer', 'LiteRT.js full_integer', 0.1],
  ['Octet dynamic_range', 'LiteRT.js dynamic_range', 0.1],
];

const rounds = Number(process.argv[2] ?? 20);
const folder = need('OCTET_BENCH');
const repository = fileURLToPath(new URL('../..', import.meta.url));

const present = await Promise.all(CANDIDATES.map(({ file }) => access(join(repository, 'target/peers', file)).then(() => true, () => false)));
const candidates = CANDIDATES.filter((_, index) => present[index]);
const left_out = CANDIDATES.filter((_, index) => !present[index]);
for (const { name, file } of left_out) console.log(`${name} is left out: there is no target/peers/${file}`);

// Isolated from other origins, a page may read the clock to 5 µs.
const server = await serveFolder(repository, {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
});
const browser = await launch();
try {
  const memory = await inPage(measureMemory);
  const result = { machine: await machine(), rounds, runs_a_round: RUNS_A_ROUND, ...(await inPage(measure)), memory };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'peers.json'), `${JSON.stringify(result, null, 2)}\n`);
  await writeFile(join(folder, 'peers.md'), markdown(result));
  console.log(markdown(result));
  const wrong = result.agreement.filter(({ agrees }) => !agrees);
  if (wrong.length > 0) throw new Error(`outputs differ too much: ${wrong.map(({ one, other }) => `${one} and ${other}`).join(', ')}`);
} finally {
  await browser.close();
  await server.close();
}

// Opens a page and gives `work` the way to call what page.js exports.
async function inPage(work) {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`uncaught in the page: ${error}`));
  await page.goto(`${server.url}/tests/peers/index.html`);
  if (!(await page.evaluate(() => crossOriginIsolated))) throw new Error('the page is not isolated: its clock is coarse');
  const result = await work((name, ...values) =>
    page.evaluate(async (name, values) => (await import('/tests/peers/page.js'))[name](...values), name, values),
  );
  await page.close();
  return result;
}

async function measure(ask) {
  for (const candidate of candidates) {
    console.log(`load and warm up: ${candidate.name}`);
    await ask('load', candidate, WARM_UP_RUNS, WARM_UP_MS);
  }
  const agreement = [];
  for (const [one, other, tolerance] of AGREEMENT) agreement.push(await compare(ask, one, other, tolerance));

  const times = Object.fromEntries(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const first = round % candidates.length;
    const order = [...candidates.slice(first), ...candidates.slice(0, first)].map(({ name }) => name);
    const found = await ask('round', order, RUNS_A_ROUND);
    for (const [name, ms] of Object.entries(found)) times[name].push(ms);
    console.log(`round ${round + 1} of ${rounds}: ${candidates.map(({ name }) => `${name} ${found[name].toFixed(1)}`).join(', ')}`);
  }
  const figures = await Promise.all(
    candidates.map(async ({ name, file, ...rest }) => ({
      name,
      ...rest,
      file,
      file_bytes: (await stat(join(repository, 'target/peers', file))).size,
      median_ms: median(times[name]),
      minimum_ms: Math.min(...times[name]),
      times_ms: times[name],
    })),
  );
  const ratios = RATIOS.map(([one, other, goal]) => ({
    one,
    other,
    goal,
    of_medians: median(times[one]) / median(times[other]),
    of_minima: Math.min(...times[one]) / Math.min(...times[other]),
    of_rounds: median(times[one].map((ms, round) => ms / times[other][round])),
  }));
  return { candidates: figures, left_out, ratios, agreement, wasm: await ask('wasm') };
}

// Whether two compute the same, so that it is not garbage that is measured.
async function compare(ask, one, other, tolerance) {
  const ours = await ask('outputs', one);
  const theirs = await ask('outputs', other);
  const best = (values) => values.indexOf(Math.max(...values));
  const classes = ours.map((values, photo) => [best(values), best(theirs[photo])]);
  const difference = Math.max(...ours.flatMap((values, photo) => values.map((value, i) => Math.abs(value - theirs[photo][i]))));
  return { one, other, classes, difference, tolerance, agrees: difference <= tolerance };
}

async function measureMemory(ask) {
  const file = 'mnv2_int8.tflite';
  const sizes = await ask('memory', file);
  const needed = sizes.file_bytes + sizes.arena_bytes;
  return {
    file,
    ...sizes,
    growth_ratio: (sizes.invoked_bytes - sizes.loaded_bytes) / needed,
    whole_ratio: sizes.invoked_bytes / needed,
  };
}

async function machine() {
  const version = async (name) => JSON.parse(await readFile(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
  return {
    processor: cpus()[0].model,
    cores: cpus().length,
    browser: await browser.version(),
    packages: { 'LiteRT.js': await version('@litertjs/core'), 'onnxruntime-web': await version('onnxruntime-web') },
  };
}
