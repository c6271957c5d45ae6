// How fast the digit network learns: the lab's cell `train` on both backends, and TensorFlow.js with the same network.
import { fileURLToPath } from 'node:url';

import { median } from './figures.mjs';
import { Lab } from './lab.mjs';
import { serveFolder } from './static_server.mjs';

const BACKENDS = ['ndarray', 'flex'];
const BATCH = 32;
const LEARNING_RATE = 0.001;

// One epoch of each in turn, `rounds` times after one that is not counted; digits a second.
export async function training(browser, rounds) {
  const server = await serveFolder(fileURLToPath(new URL('../..', import.meta.url)));
  const page = await browser.newPage();
  await page.goto(`${server.url}/tests/peers/training.html`);
  const ask = (name, ...values) =>
    page.evaluate(async (name, values) => (await import('/tests/peers/training.js'))[name](...values), name, values);
  const peer = await ask('prepare', LEARNING_RATE);
  const learners = { 'TensorFlow.js': () => ask('epoch', BATCH) };
  const labs = [];
  for (const backend of BACKENDS) {
    const lab = await Lab.open(browser);
    labs.push(lab);
    await lab.result('setup', { backend });
    learners[`Octet, ${backend}`] = async () => {
      const { shown, seconds, epochs } = await lab.result('train', { epochs: 1, batch: BATCH, learning_rate: LEARNING_RATE });
      return { digits: shown, seconds, accuracy: epochs.at(-1).validation_accuracy };
    };
  }
  const names = Object.keys(learners);
  const speeds = Object.fromEntries(names.map((name) => [name, []]));
  const accuracies = {};
  for (let round = 0; round <= rounds; round++) {
    for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
      const { digits, seconds, accuracy } = await learners[name]();
      if (round > 0) speeds[name].push(digits / seconds);
      accuracies[name] ??= accuracy;
    }
    console.log(`training ${round} of ${rounds}: ${names.map((name) => `${name} ${speeds[name].at(-1)?.toFixed(0) ?? 'warm'}`).join(', ')}`);
  }
  await page.close();
  await server.close();
  for (const lab of labs) await lab.close();
  return {
    peer,
    batch: BATCH,
    rows: names.map((name) => ({
      name,
      digits_per_second: median(speeds[name]),
      to_peer: median(speeds[name].map((speed, round) => speed / speeds['TensorFlow.js'][round])),
      first_epoch_accuracy: accuracies[name],
    })),
  };
}

// The times between the page's frames while the worker trains, with the cell's defaults.
export async function framesWhileTraining(browser) {
  const lab = await Lab.open(browser);
  await lab.result('setup', { backend: 'flex' });
  await lab.page.evaluate(() => {
    document.querySelector('section[data-cell="train"]').scrollIntoView({ behavior: 'instant' });
    globalThis.frames_seen = [];
    let last;
    const see = (now) => {
      if (last !== undefined) globalThis.frames_seen.push(now - last);
      last = now;
      globalThis.frame = requestAnimationFrame(see);
    };
    globalThis.frame = requestAnimationFrame(see);
  });
  await lab.result('train');
  const frames = await lab.page.evaluate(() => (cancelAnimationFrame(globalThis.frame), globalThis.frames_seen));
  await lab.close();
  return frames;
}
