// What breaks: fewer bits, one scale a tensor, one layer at a time.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';

const CHART = (cell, chart) => `section[data-cell="${cell}"] canvas[data-chart="${chart}"]`;
const LINKS = 'section[data-cell="sensitivity"] .bar-links button';

export default function (browser) {
  let lab;
  before(async () => {
    lab = await Lab.open(browser());
    await lab.set('setup', 'backend', 'flex');
    assert.equal(await lab.run('baseline'), 'done', await lab.error('baseline'));
  });
  after(() => lab.close());

  // Runs a cell and gives its report and the seconds that it took.
  async function run(cell, settings = {}) {
    for (const [name, value] of Object.entries(settings)) await lab.set(cell, name, value);
    const begin = Date.now();
    assert.equal(await lab.run(cell), 'done', await lab.error(cell));
    return { report: await lab.report(cell), seconds: (Date.now() - begin) / 1000 };
  }

  const words = (cell, chart) => lab.page.$eval(CHART(cell, chart), (canvas) => canvas.getAttribute('aria-label'));
  const caption = (cell, chart) => lab.page.$eval(CHART(cell, chart), (canvas) => canvas.closest('figure').querySelector('figcaption span').textContent);
  const share = ({ photos, crops }, { distance }) => distance.agreements / (photos + crops);
  const point = (report, bits, scales) => report.points.find(({ bits: b, weight_scales: s }) => b === bits && s === scales);

  it('sweeps bits and scales: per tensor collapses, per channel does not', async () => {
    const { report, seconds } = await run('sweep');
    console.log(`sweep: ${seconds} s`);
    assert.deepEqual([report.photos, report.crops, report.points.length], [4, 60, 14]);
    const [channel, tensor] = ['per_channel', 'per_tensor'].map((scales) => point(report, 8, scales));
    assert.ok(share(report, channel) > 0.5 && channel.distance.sqnr_db > 8, JSON.stringify(channel));
    assert.ok(share(report, tensor) < 0.1 && tensor.distance.sqnr_db < 3, JSON.stringify(tensor));
    assert.ok(tensor.file_bytes < channel.file_bytes && channel.file_bytes * 3.5 < report.float32_bytes);
    assert.match(await lab.output('sweep'), /64 images: 4 photos and 60 crops of them/);
    assert.match(await words('sweep', 'pareto'), /8 bits, per channel/);
  });

  it('moves the line of the acceptable loss at once, without a run', async () => {
    const before = await lab.text('sweep', '[data-count]');
    const report = await lab.report('sweep');
    for (const loss of [50, 0, 20]) {
      await lab.set('sweep', 'acceptable_loss', loss);
      assert.match(await words('sweep', 'agreement'), new RegExp(`a line at ${100 - loss} %`));
      const fine = report.points.filter((each) => share(report, each) >= 1 - loss / 100);
      const smallest = fine.sort((a, b) => a.file_bytes - b.file_bytes)[0];
      const said = await caption('sweep', 'agreement');
      if (smallest) assert.ok(said.includes(`${smallest.bits} bits, ${smallest.weight_scales.replace('_', ' ')}`), said);
      else assert.match(said, /none of these files will do/);
    }
    assert.equal(await lab.text('sweep', '[data-count]'), before);
    assert.equal(await lab.page.$eval('section[data-cell="sweep"]', ({ dataset }) => 'stale' in dataset), false);
  });

  it('takes one layer at a time', async () => {
    const { report, seconds } = await run('sensitivity');
    console.log(`sensitivity: ${seconds} s`);
    assert.equal(report.layers.length, 53);
    const broken = report.layers.filter(({ distance }) => distance.sqnr_db < 10).map(({ name }) => name);
    assert.deepEqual(broken, ['features.1.conv.0', 'features.2.conv.0']);
    for (const name of broken) {
      assert.ok((await lab.output('sensitivity')).includes(name));
      assert.ok((await words('sensitivity', 'sensitivity')).includes(name));
    }
  });

  it('opens a layer in “weights” by a click on its bar', async () => {
    const { layers } = await lab.report('sensitivity');
    const place = 27;
    // A button lies over each bar.
    const bar = (await lab.page.$$(LINKS))[place];
    await bar.evaluate((button) => button.scrollIntoView({ block: 'center', behavior: 'instant' }));
    await new Promise((next) => setTimeout(next, 300));
    const box = await bar.boundingBox();
    assert.ok(box.width > 200 && Math.abs(box.height - 18) < 1, JSON.stringify(box));
    await lab.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await opened(layers[place].name);
  });

  it('is one stop for the Tab key; arrow keys go from bar to bar, Enter opens one', async () => {
    const { layers } = await lab.report('sensitivity');
    assert.equal((await lab.page.$$(`${LINKS}[tabindex="0"]`)).length, 1);
    await lab.page.focus(`${LINKS}[tabindex="0"]`);
    const at = () => lab.page.evaluate(() => document.activeElement.dataset.layer);
    await lab.page.keyboard.press('End');
    assert.equal(await at(), layers.at(-1).name);
    await lab.page.keyboard.press('Home');
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp']) await lab.page.keyboard.press(key);
    assert.equal(await at(), layers[1].name);
    assert.equal((await lab.page.$$(`${LINKS}[tabindex="0"]`)).length, 1);
    await lab.page.keyboard.press('Enter');
    await opened(layers[1].name);
  });

  async function opened(layer) {
    await lab.wait((layer) => {
      const section = document.querySelector('section[data-cell="weights"]');
      const { textContent } = section.querySelector('script[data-report]');
      return section.dataset.state === 'done' && textContent && JSON.parse(textContent).layers[0]?.name === layer;
    }, layer);
    assert.deepEqual([await lab.get('weights', 'source'), await lab.get('weights', 'layer')], ['layer', layer]);
    assert.ok(await lab.page.evaluate(() => document.querySelector('section[data-cell="weights"]').contains(document.activeElement)));
  }

  it('measures what else can be chosen', async () => {
    const few = (await run('sweep', { crops: 0 })).report;
    assert.deepEqual([few.photos, few.crops], [4, 0]);
    assert.match(await lab.output('sweep'), /\n4 photos\n/);
    const db = ({ together }) => together.sqnr_db;
    const base = (await run('sensitivity', { crops: 0, weight_scales: 'per_channel' })).report;
    assert.ok(base.layers.every(({ distance }) => distance.sqnr_db > 10));
    const both = (await run('sensitivity', { quantized: 'weights_and_output' })).report;
    assert.ok(db(both) < db(base));
    const four = (await run('sensitivity', { quantized: 'weights', bits: 4 })).report;
    assert.ok(db(four) < db(base));
    assert.match(await lab.output('sensitivity'), /weights to 4 bits, per channel/);
  });

  it('names values that cannot be used', async () => {
    for (const [cell, name, value, good] of [
      ['sweep', 'crops', '1000', 0],
      ['sweep', 'crops', '', 0],
      ['sensitivity', 'bits', '9', 8],
      ['sensitivity', 'bits', '4.5', 8],
      ['sensitivity', 'crops', '-1', 0],
    ]) {
      await lab.set(cell, name, value);
      assert.equal(await lab.run(cell), 'error', `${cell} ${name} ${value}`);
      assert.match(await lab.error(cell), new RegExp(`“${name}”.*from \\d+ to \\d+`));
      await lab.set(cell, name, good);
    }
  });

  it('can be cancelled, and run again', async () => {
    for (const cell of ['sweep', 'sensitivity']) {
      await lab.set(cell, 'crops', 100);
      const ended = lab.run(cell);
      await lab.wait((cell) => document.querySelector(`section[data-cell="${cell}"] [data-label]`).textContent.includes('image'), cell);
      await lab.page.$eval(`section[data-cell="${cell}"] button[data-action="cancel"]`, (button) => button.click());
      assert.notEqual(await ended, 'error');
      await run(cell, { crops: 0 });
    }
  });

  it('is led to by the questions', async () => {
    for (const [name, cell, parameter, other, value] of [
      ['switched-off', 'sweep', 'crops', '3', '12'],
      ['packed', 'sweep', 'crops', '3', '4'],
      ['one-short-bar', 'sensitivity', 'weight_scales', 'per_tensor', 'per_channel'],
      ['noises-add-up', 'sensitivity', 'weight_scales', 'per_tensor', 'per_channel'],
    ]) {
      await lab.set(cell, parameter, other);
      await lab.runBy(cell, async () => {
        await lab.page.$eval(`form[data-question="${name}"] button[data-action="show-me"]`, (button) => button.click());
        assert.equal(await lab.get(cell, parameter), value);
      });
    }
    assert.deepEqual(lab.faults, []);
  });
}
