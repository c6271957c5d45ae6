// What axe finds wrong, before and after a run, in both themes.
import assert from 'node:assert/strict';
import axe from 'axe-core';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';

export default function (browser) {
  let lab;
  before(async () => {
    lab = await Lab.open(browser());
    await lab.hurry();
    await lab.set('your-model', 'model', 'example');
  });
  after(() => lab.close());

  for (const theme of ['light', 'dark']) {
    it(`nothing serious before a run, ${theme}`, () => check(lab, theme));
  }

  it('nothing serious after it', async () => {
    await lab.runAll();
    for (const theme of ['light', 'dark']) await check(lab, theme);
  });

  it('cuts nothing off on a phone, but what can be scrolled', async () => {
    await lab.page.setViewport({ width: 390, height: 844 });
    const cut = await lab.page.$$eval('section[data-cell] .panel', (panels) =>
      panels.flatMap((panel) => {
        const { right } = panel.getBoundingClientRect();
        const sticksOut = (element) => {
          const { width, right: end } = element.getBoundingClientRect();
          return width > 0 && end > right + 1 && !element.parentElement.closest('.scroll, output, pre, svg, .visually-hidden');
        };
        return [...panel.querySelectorAll('*')].filter(sticksOut).map((element) => `${panel.closest('section').id}: ${element.outerHTML.slice(0, 200)}`);
      }),
    );
    assert.deepEqual(cut, []);
  });
}

async function check(lab, theme) {
  await lab.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
  await lab.page.evaluate(axe.source);
  const { violations } = await lab.page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }));
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).slice(0, 3).join('; ')}`);
  assert.deepEqual(serious, [], theme);
}
