// The charts: drawn, sharp, saved; and pictures of the page for people to look at.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { after, before, it } from 'node:test';

import { CELLS, Lab } from '../lab.mjs';
import { sizeOfPng } from '../png.mjs';

const SCREENSHOTS = fileURLToPath(new URL('../../../target/screenshots', import.meta.url));
// The charts of each cell.
const CHARTS = {
  visualize: ['sizes', 'confidence'],
  simulate: ['weights', 'integers', 'reconstruction', 'errors'],
  explorer: ['distribution', 'staircase'],
  weights: ['histogram', 'overlay', 'cumulative', 'occupancy', 'range'],
  'full-integer': ['latency', 'memory'],
  interpreter: ['kernels'],
  inspect: ['sqnr'],
  sweep: ['pareto', 'agreement'],
  sensitivity: ['sensitivity'],
  calibrate: ['ranges', 'activations', 'choices', 'counts'],
  arena: ['plan-float32', 'plan-int8'],
  rescue: ['ladder', 'channels'],
  regression: ['answers', 'descent'],
  train: ['loss', 'accuracy'],
  ptq: ['accuracy', 'size', 'latency', 'calibration'],
  qat: ['bits', 'losses', 'grid-4', 'grid-3', 'grid-2', 'estimator'],
  tradeoff: ['tradeoff', 'losses'],
  pytorch: ['observers'],
};
const PAIRS = Object.entries(CHARTS).flatMap(([cell, charts]) => charts.map((chart) => [cell, chart]));

export default function (browser) {
  let lab;
  before(async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    lab = await Lab.open(browser());
    await lab.hurry();
    const states = await lab.runAll();
    assert.ok(Object.values(states).every((state) => state === 'done'), JSON.stringify(states));
  });
  after(() => lab.close());

  it('has no other charts', async () => {
    const found = await lab.page.$$eval('section[data-cell] canvas[data-chart]', (all) =>
      all.map((canvas) => [canvas.closest('[data-cell]').dataset.cell, canvas.dataset.chart]),
    );
    assert.deepEqual(found.toSorted(), PAIRS.toSorted());
  });

  for (const [cell, chart] of PAIRS) {
    const canvas = `section[data-cell="${cell}"] canvas[data-chart="${chart}"]`;

    it(`draws ${chart}`, async () => {
      assert.ok((await colors(lab, canvas)) > 8, 'it looks empty');
      const { words, rows } = await lab.page.$eval(canvas, (element) => ({
        words: element.getAttribute('aria-label'),
        rows: element.closest('figure').querySelectorAll('details tbody tr').length,
      }));
      assert.ok(words.length > 20 && rows > 0, 'it has no words or no table');
    });

    it(`draws ${chart} at the device's resolution`, async () => {
      await lab.page.setViewport({ width: 1000, height: 900, deviceScaleFactor: 2 });
      await lab.wait((canvas) => {
        const element = document.querySelector(canvas);
        return Math.abs(element.width - 2 * element.clientWidth) <= 2;
      }, canvas);
      await lab.page.setViewport({ width: 1200, height: 900 });
    });
  }

  for (const [cell, chart] of PAIRS) {
    it(`saves ${chart} as a PNG`, async () => {
      const file = await lab.download(`section[data-cell="${cell}"] button[data-action="save-png"][data-save="${chart}"]`);
      assert.match(file.name, /\.png$/);
      const size = sizeOfPng(file.bytes);
      assert.ok(size && size.width > 200 && size.height > 100, `${file.name} is no picture of use`);
      assert.ok(file.bytes.length > 2000, `${file.name} looks empty`);
    });
  }

  for (const theme of ['light', 'dark']) {
    it(`is pictured ${theme}, wide and narrow`, async () => {
      await lab.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
      for (const [shape, viewport] of [
        ['wide', { width: 1200, height: 900 }],
        // No `isMobile`: to change that, puppeteer reloads the page, and all results are gone.
        ['phone', { width: 390, height: 844 }],
      ]) {
        await lab.page.setViewport(viewport);
        await lab.page.bringToFront();
        await settle(lab);
        assert.ok(Object.values(await lab.states()).every((state) => state === 'done'), 'the results are gone');
        const { scrollWidth, clientWidth } = await lab.page.$eval('html', ({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }));
        assert.ok(scrollWidth <= clientWidth, `${scrollWidth} px wide on ${clientWidth}`);
        for (const cell of CELLS) {
          const section = await lab.page.$(`section[data-cell="${cell}"]`);
          await section.screenshot({ path: `${SCREENSHOTS}/${theme}-${shape}-${cell}.png` });
        }
      }
    });
  }
}

// How many different colours a canvas shows.
function colors(lab, canvas) {
  return lab.page.$eval(canvas, (element) => {
    const { data } = element.getContext('2d').getImageData(0, 0, element.width, element.height);
    return new Set(new Uint32Array(data.buffer)).size;
  });
}

// Waits for what a change of size or theme redraws.
function settle(lab) {
  return lab.page.evaluate(
    () => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => done())), 500)),
  );
}
