// The decision tree: from the reader's own drop to a cell that tries the remedy.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';

const CELL = 'section[data-cell="troubleshoot"]';

export default function (browser) {
  let lab;
  before(async () => {
    lab = await Lab.open(browser());
    await lab.set('setup', 'backend', 'flex');
  });
  after(() => lab.close());

  const node = () => lab.page.$eval(`${CELL} [data-tree]`, ({ dataset }) => dataset.node);
  const press = (words) =>
    lab.page.$$eval(
      `${CELL} [data-tree] button`,
      (buttons, words) => {
        const button = buttons.find(({ textContent }) => textContent === words);
        if (!button) throw new Error(`no button “${words}” among ${buttons.map(({ textContent }) => textContent).join(', ')}`);
        button.click();
      },
      words,
    );
  const judge = async (before, after) => {
    await lab.set('troubleshoot', 'before', before);
    await lab.set('troubleshoot', 'after', after);
    assert.equal(await lab.run('troubleshoot'), 'done', await lab.error('troubleshoot'));
    return lab.report('troubleshoot');
  };

  it('starts from 95 % and 87 %', async () => {
    assert.equal(await lab.run('troubleshoot'), 'done', await lab.error('troubleshoot'));
    const report = await lab.report('troubleshoot');
    assert.deepEqual([report.points, report.loss], [8, 'large']);
    assert.match(await lab.output('troubleshoot'), /95 % → 87 %\n8 percentage points lost, 8\.4 % .*\n2\.6 times/);
    assert.equal(await node(), 'same-code');
  });

  it('begins elsewhere where hardly anything is lost, or nearly all', async () => {
    assert.equal((await judge(71.72, 71.19)).loss, 'usual');
    assert.equal(await node(), 'usual');
    assert.equal((await judge('71,72 %', 0.12)).loss, 'collapse');
    assert.equal(await node(), 'collapse');
    assert.equal((await judge(100, 100)).points, 0);
    assert.equal(await node(), 'usual');
  });

  it('is walked by keyboard, and tells screen readers where it is', async () => {
    await judge(95, 87);
    const focused = () => lab.page.evaluate(() => document.activeElement.textContent);
    await lab.page.focus(`${CELL} [data-tree] .choices button`);
    await lab.page.keyboard.press('Enter');
    assert.equal(await node(), 'input');
    assert.match(await focused(), /pixels/);
    await lab.page.keyboard.press('Tab');
    // What the question is measured by stands before its answers.
    await lab.page.keyboard.press('Tab');
    await lab.page.keyboard.press('Space');
    assert.equal(await node(), 'half');
    const trail = await lab.page.$$eval(`${CELL} .trail li`, (items) => items.map(({ textContent }) => textContent));
    assert.equal(trail.length, 2);
    await press('Back');
    assert.equal(await node(), 'input');
    await press('Start again');
    assert.equal(await node(), 'same-code');
    assert.equal(await lab.page.$(`${CELL} .trail`), null);
  });

  it('says which cell to run, then shows its figures', async () => {
    await press('Yes, it does');
    const state = () => lab.page.$eval(`${CELL} [data-measured="interpreter"]`, ({ dataset }) => dataset.state);
    assert.equal(await state(), 'unknown');
    assert.match(await lab.text('troubleshoot', '[data-measured="interpreter"]'), /interpreter has not run yet/);
    await press('No, or I am not sure');
    assert.equal(await node(), 'pixels');
    await press('Put the bytes in as they are');
    assert.equal(await lab.get('interpreter', 'preparation'), 'bytes');
    assert.equal(await lab.get('interpreter', 'precision'), 'full_integer');
    await lab.wait(() => document.querySelector('section[data-cell="interpreter"]').dataset.state === 'done');
    await lab.page.focus(`${CELL} [data-tree] .choices button`);
    assert.equal(await state(), 'known');
    assert.match(await lab.text('troubleshoot', '[data-measured="interpreter"]'), /Prepared rightly, “.+” is .+ as they are give/);
  });

  it('leads from each start to a cell on every way', async () => {
    // Every way through the tree, by its answers.
    const ways = [];
    for (const [before, after] of [[95, 87], [72, 0.1], [80, 79.5]]) {
      await judge(before, after);
      const open = [[]];
      while (open.length > 0) {
        const way = open.pop();
        if (way.length > 0 && (await lab.page.$(`${CELL} [data-go="again"]`))) await press('Start again');
        for (const answer of way) await press(answer);
        const answers = await lab.page.$$eval(`${CELL} [data-go="answer"]`, (buttons) => buttons.map(({ textContent }) => textContent));
        if (answers.length > 0) open.push(...answers.map((answer) => [...way, answer]));
        else ways.push({ node: await node(), links: (await lab.page.$$(`${CELL} [data-go="open"]`)).length });
      }
    }
    assert.ok(ways.every(({ links }) => links > 0));
    assert.ok(new Set(ways.map(({ node }) => node)).size >= 12, `${ways.length} ways`);
  });

  it('refuses what is no drop', async () => {
    for (const [before, after, words] of [
      [87, 95, /more than 87 % before/],
      [95, 101, /101 % is no accuracy/],
      [-1, -2, /-1 % is no accuracy \(“before”\)/],
      ['many', 87, /“many” is no number \(“before”\)/],
      [95, '', /is no number \(“after”\)/],
      [0.95, 0.87, /95 rather than 0\.95/],
    ]) {
      await lab.set('troubleshoot', 'before', before);
      await lab.set('troubleshoot', 'after', after);
      assert.equal(await lab.run('troubleshoot'), 'error');
      assert.match(await lab.error('troubleshoot'), words);
    }
    await judge(95, 87);
    assert.equal(await lab.error('troubleshoot'), '');
  });

  it('is where the question about 95 % and 87 % leads', async () => {
    await judge(60, 50);
    const form = 'form[data-question="from-95-to-87"]';
    await lab.page.type(`${form} textarea`, 'Check the test first, then the input.');
    await lab.page.$eval(`${form} button[type="submit"], ${form} [data-action="check"]`, (button) => button.click());
    await lab.wait((form) => document.querySelector(`${form} [data-action="show-me"]`)?.checkVisibility(), form);
    await lab.page.$eval(`${form} [data-action="show-me"]`, (button) => button.click());
    await lab.wait((cell) => document.querySelector(`${cell} output`).textContent.startsWith('95 %'), CELL);
    assert.deepEqual([await lab.get('troubleshoot', 'before'), await lab.get('troubleshoot', 'after')], ['95', '87']);
  });

  it('logs no errors', () => assert.deepEqual(lab.faults, []));
}
