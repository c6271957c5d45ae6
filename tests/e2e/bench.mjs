// Measures the built site in Chromium: node bench.mjs RUNS. Run it with `cargo xtask bench`.
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

import { frameFigures, median } from './figures.mjs';
import { Lab, TRACED, dist, launch, mainThreadTasks } from './lab.mjs';
import { framesWhileTraining, training } from './training_bench.mjs';

const BACKENDS = ['ndarray', 'flex'];
const MODELS = ['mobilenet_v2', 'efficientnet_lite0'];
const runs = Number(process.argv[2] ?? 20);
const folder = process.env.OCTET_BENCH;

const browser = await launch();
const result = {
  machine: { processor: cpus()[0].model, cores: cpus().length, browser: await browser.version() },
  runs,
  loading: await loading(),
  inference: await inference(),
  laboratory: await laboratory(),
  responsiveness: await responsiveness(),
  training: await training(browser, runs),
  training_frames: frameFigures(await framesWhileTraining(browser)),
  wasm: await wasm(),
};
await browser.close();

await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'bench.json'), `${JSON.stringify(result, null, 2)}\n`);
await writeFile(join(folder, 'bench.md'), markdown(result));
console.log(markdown(result));

// From navigation on an empty cache to what the reader waits for, then to a loaded model.
async function loading() {
  const samples = [];
  for (let run = 0; run < runs; run++) {
    const lab = await Lab.open(browser, { prepare: watchForFirstRunnableCell });
    const page = await lab.page.evaluate(() => {
      const paint = (name) => performance.getEntriesByName(name)[0]?.startTime;
      return {
        first_paint_ms: paint('first-paint'),
        first_contentful_paint_ms: paint('first-contentful-paint'),
        first_runnable_cell_ms: globalThis.firstRunnableCell,
      };
    });
    await lab.set('setup', 'backend', 'flex');
    await succeed(lab, 'baseline');
    const { fetch_ms, load_ms } = await lab.report('baseline');
    samples.push({ ...page, fetch_ms, load_ms });
    await lab.close();
    console.log(`loading ${run + 1} of ${runs}: ${JSON.stringify(samples.at(-1))}`);
  }
  return Object.fromEntries(Object.keys(samples[0]).map((name) => [name, median(samples.map((sample) => sample[name]))]));
}

// Runs in the page before anything of its own does.
function watchForFirstRunnableCell() {
  const look = () => {
    const button = document.querySelector('section[data-cell="setup"] button[data-action="run"]');
    if (globalThis.firstRunnableCell || !button || button.disabled) return;
    if (document.documentElement.dataset.worker === 'ready') globalThis.firstRunnableCell = performance.now();
  };
  new MutationObserver(look).observe(document, { attributes: true, childList: true, subtree: true });
}

// Each network on each backend, in a page of its own, so that the memory is this run's.
async function inference() {
  const rows = [];
  for (const model of MODELS) {
    for (const backend of BACKENDS) {
      const lab = await Lab.open(browser);
      await lab.set('setup', 'backend', backend);
      await lab.set('baseline', 'model', model);
      await lab.set('inference', 'runs', runs);
      await succeed(lab, 'inference');
      const { float32_ms, dynamic_range_ms, dequantize_ms, kinds } = await lab.report('inference');
      await succeed(lab, 'setup');
      const { machine } = await lab.report('setup');
      const row = { model, backend, float32_ms, dynamic_range_ms, dequantize_ms, kinds, wasm_memory_bytes: machine.wasm_memory_bytes };
      rows.push({ ...row, renderer_peak_bytes: await rendererPeak() });
      await lab.close();
      console.log(`inference: ${JSON.stringify(rows.at(-1))}`);
    }
  }
  return rows;
}

// A million weights through `simulate`; and `explorer` while its range moves with every frame.
async function laboratory() {
  const lab = await Lab.open(browser);
  await lab.set('simulate', 'count', 1_000_000);
  const simulate = async (seed) => {
    await lab.set('simulate', 'seed', seed);
    const begin = Date.now();
    await succeed(lab, 'simulate');
    const whole_ms = Date.now() - begin;
    const { compute_ms, worker_ms } = await lab.report('simulate');
    return { compute_ms, worker_ms, whole_ms };
  };
  // The first run compiles, allocates and draws; those with another seed draw.
  const first = await simulate(0);
  const samples = [];
  const drawn = [];
  for (let run = 0; run < runs; run++) {
    samples.push(await simulate(run));
    drawn.push(await simulate(run + 1));
  }
  await succeed(lab, 'explorer');
  const frames = await lab.page.evaluate(drag, 600);
  await lab.page.tracing.start({ categories: TRACED });
  const traced = await lab.page.evaluate(drag, 600);
  const tasks = mainThreadTasks(await lab.page.tracing.stop());
  await lab.close();
  const row = {
    simulate_first_ms: first.worker_ms,
    simulate_drawn_ms: median(drawn.map((sample) => sample.worker_ms)),
    simulate_compute_ms: median(samples.map((sample) => sample.compute_ms)),
    simulate_worker_ms: median(samples.map((sample) => sample.worker_ms)),
    simulate_whole_ms: median(samples.map((sample) => sample.whole_ms)),
    explorer: frameFigures(frames),
    explorer_processor_ms: tasks.reduce((sum, task) => sum + task, 0) / traced.length,
  };
  console.log(`laboratory: ${JSON.stringify(row)}`);
  return row;
}

// Every cell once, at its quickest: the tasks that hold the page's thread longest, in milliseconds of the processor.
async function responsiveness() {
  const lab = await Lab.open(browser);
  await lab.hurry();
  // The first second belongs to loading.
  await new Promise((next) => setTimeout(next, 1000));
  await lab.page.tracing.start({ categories: TRACED });
  await lab.runAll();
  const tasks = mainThreadTasks(await lab.page.tracing.stop()).toSorted((a, b) => b - a);
  await lab.close();
  const row = { tasks: tasks.length, longest_ms: tasks.slice(0, 3) };
  console.log(`responsiveness: ${JSON.stringify(row)}`);
  return row;
}

// Runs in the page: moves the range with every frame; gives the time between frames.
function drag(frames) {
  const cell = document.querySelector('section[data-cell="explorer"]');
  cell.scrollIntoView({ behavior: 'instant' });
  const slider = cell.querySelector('[name="clip"]');
  return new Promise((resolve) => {
    const intervals = [];
    let last;
    const step = (now) => {
      if (last !== undefined) intervals.push(now - last);
      last = now;
      if (intervals.length === frames) return resolve(intervals);
      slider.value = String(1 + ((Number(slider.value) + 6) % 100));
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
}

async function succeed(lab, cell) {
  const state = await lab.run(cell);
  if (state !== 'done') throw new Error(`${cell} ended as ${state}: ${await lab.error(cell)}`);
}

// The most memory that a renderer of this browser has held; null where the system does not tell.
async function rendererPeak() {
  const peaks = [];
  for (const pid of await readdir('/proc').catch(() => [])) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!command.includes('--type=renderer') || !(await descends(pid, browser.process().pid))) continue;
    peaks.push(Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? 0) * 1024);
  }
  return peaks.length > 0 ? Math.max(...peaks) : null;
}

async function descends(pid, ancestor) {
  for (let at = Number(pid); at > 1; ) {
    if (at === ancestor) return true;
    const status = await readFile(`/proc/${at}/status`, 'utf8').catch(() => '');
    at = Number(/PPid:\s*(\d+)/.exec(status)?.[1] ?? 0);
  }
  return false;
}

async function wasm() {
  const files = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.wasm')).sort();
  return Promise.all(
    files.map(async (name) => {
      const bytes = await readFile(join(dist, name));
      const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
      return { name, bytes: bytes.length, brotli_bytes: brotliCompressSync(bytes, options).length };
    }),
  );
}

function markdown({ machine, loading, inference, laboratory, responsiveness, training, training_frames, wasm }) {
  const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
  const mib = (value) => (value === null ? 'not known' : `${(value / 2 ** 20).toFixed(0)} MiB`);
  const frames = ({ interval_ms, interval_95_ms, longest_ms }) => [interval_ms, interval_95_ms, longest_ms].map((value) => value.toFixed(1)).join(', ');
  const kb = (value) => `${(value / 1000).toFixed(0)} kB`;
  return [
    `${machine.browser}, ${machine.processor}, ${machine.cores} cores; median of ${runs}.`,
    '',
    '| loading, empty cache | |',
    '|---|---|',
    `| navigation to first paint | ${ms(loading.first_paint_ms)} |`,
    `| navigation to first paint with content | ${ms(loading.first_contentful_paint_ms)} |`,
    `| navigation to first runnable cell | ${ms(loading.first_runnable_cell_ms)} |`,
    `| MobileNetV2: fetch the file | ${ms(loading.fetch_ms)} |`,
    `| MobileNetV2: parse, fold, hand to Burn | ${ms(loading.load_ms)} |`,
    '',
    '| model | backend | float32 | dynamic range | of that, dequantize | wasm memory | renderer, peak |',
    '|---|---|---|---|---|---|---|',
    ...inference.map(
      (row) =>
        `| ${row.model} | ${row.backend} | ${ms(row.float32_ms)} | ${ms(row.dynamic_range_ms)} | ${ms(row.dequantize_ms)} ` +
        `| ${mib(row.wasm_memory_bytes)} | ${mib(row.renderer_peak_bytes)} |`,
    ),
    '',
    '| model | backend | layers | number | float32 | dynamic range |',
    '|---|---|---|---|---|---|',
    ...inference.flatMap((row) =>
      row.kinds.map(
        ({ kind, layers, float32_ms, dynamic_range_ms }) =>
          `| ${row.model} | ${row.backend} | ${kind} | ${layers} | ${ms(float32_ms)} | ${ms(dynamic_range_ms)} |`,
      ),
    ),
    '',
    '| laboratory | |',
    '|---|---|',
    `| simulate, 1,000,000 weights: quantize, restore, measure | ${ms(laboratory.simulate_compute_ms)} |`,
    `| the whole request in the worker, with charts and formats, the weights drawn before | ${ms(laboratory.simulate_worker_ms)} |`,
    `| the same where the weights are drawn, too | ${ms(laboratory.simulate_drawn_ms)} |`,
    `| the very first request of a page | ${ms(laboratory.simulate_first_ms)} |`,
    `| from the click to the drawn result | ${ms(laboratory.simulate_whole_ms)} |`,
    `| explorer, 100,000 weights, the range moving with each of ${laboratory.explorer.frames} frames | ${laboratory.explorer.frames_per_second.toFixed(1)} frames a second |`,
    `| time between two frames: median, 95th percentile, longest | ${frames(laboratory.explorer)} ms |`,
    `| processor time of the main thread for one of these frames | ${ms(laboratory.explorer_processor_ms)} |`,
    `| Run all, every cell at its quickest: the three longest tasks of the main thread | ${responsiveness.longest_ms.map((value) => value.toFixed(0)).join(', ')} ms |`,
    '',
    `| training, batches of ${training.batch} | digits a second | beside TensorFlow.js | right after the first epoch |`,
    '|---|---|---|---|',
    ...training.rows.map(
      ({ name, digits_per_second, to_peer, first_epoch_accuracy }) =>
        `| ${name} | ${digits_per_second.toFixed(0)} | ${to_peer.toFixed(2)} | ${(100 * first_epoch_accuracy).toFixed(1)} % |`,
    ),
    '',
    `TensorFlow.js ${training.peer.version}, backend ${training.peer.backend}${training.peer.simd ? ' with SIMD' : ''}. While \`train\` ran with its defaults, the page painted`,
    `${training_frames.frames_per_second.toFixed(1)} frames a second; between two frames ${frames(training_frames)} ms (median, 95th percentile, longest);`,
    `${training_frames.late} of ${training_frames.frames} were late.`,
    '',
    '| wasm | raw | brotli |',
    '|---|---|---|',
    ...wasm.map(({ name, bytes, brotli_bytes }) => `| ${name} | ${kb(bytes)} | ${kb(brotli_bytes)} |`),
    '',
  ].join('\n');
}
