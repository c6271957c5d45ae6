// The self-assessment: each form answered right and wrong, kept, tried again, shown, reviewed, printed.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';

// The steps of a question of the form `order`, as its first words in the right order.
const AFFINE_STEPS = ['Find', 'Widen', 'Divide its width', 'Compute', 'Divide each', 'Clamp'];

// Where the questions about integers lead: each question’s name, the cell, and the parameters that it is opened with.
const INTEGERS = new Set(['full-integer', 'interpreter', 'inspect', 'convert', 'your-model', 'camera']);
const links = await integerLinks(new URL('../../../www/questions/', import.meta.url));

export default function (browser) {
  let lab;
  before(async () => {
    lab = await Lab.open(browser());
  });
  after(() => lab.close());

  it('asks at least 24 questions in four forms, each below a cell', async () => {
    const questions = await lab.page.$$eval('form.question', (forms) =>
      forms.map((form) => ({ ...form.dataset, cell: form.closest('section[data-cell]')?.dataset.cell })),
    );
    assert.ok(questions.length >= 24, `${questions.length} questions`);
    assert.ok(questions.every(({ cell, state }) => cell && state === 'open'));
    const forms = new Set(questions.map(({ form }) => form));
    assert.deepEqual([...forms].sort(), ['choice', 'number', 'order', 'text']);
  });

  it('says what is missing instead of grading nothing', async () => {
    for (const name of ['by-hand', 'why-four', 'why-calibrate']) {
      await press(lab, name, 'check');
      assert.equal(await state(lab, name), 'open');
      assert.match(await verdict(lab, name), /first\.$/);
    }
    await type(lab, 'by-hand', 'seventeen');
    await press(lab, 'by-hand', 'check');
    assert.match(await verdict(lab, 'by-hand'), /cannot be read as a number/);
    assert.equal(await state(lab, 'by-hand'), 'open');
  });

  it('knows a mistake with a number, and opens a cell that shows it', async () => {
    const words = await text(lab, 'by-hand', '.words');
    assert.match(words, /0\.42 .* 0\.025/);
    await type(lab, 'by-hand', '16.8');
    await press(lab, 'by-hand', 'check');
    assert.equal(await state(lab, 'by-hand'), 'wrong');
    assert.match(await verdict(lab, 'by-hand'), /never cut in pieces/);

    await press(lab, 'by-hand', 'show-me');
    const field = (name) => lab.page.$eval(`[data-cell="reference"] [name="${name}"]`, ({ value }) => value);
    assert.deepEqual([await field('r'), await field('scale'), await field('zero_point')], ['0.42', '0.025', '0']);
    assert.ok(await lab.page.evaluate(() => document.querySelector('[data-cell="reference"]').contains(document.activeElement)));
  });

  it('sets the parameters of the cell that it opens, runs it, and remembers them', async () => {
    const [, largest] = /by magnitude, is ([\d.]+)\./.exec(await text(lab, 'scale', '.words'));
    await type(lab, 'scale', String(largest / 128));
    await press(lab, 'scale', 'check');
    assert.match(await verdict(lab, 'scale'), /128, which int8 does not have/);
    await press(lab, 'scale', 'show-me');
    const pasted = await lab.get('simulate', 'pasted');
    assert.ok(pasted.startsWith(`${largest} -`), pasted);
    assert.equal(await lab.get('simulate', 'source'), 'pasted');
    assert.equal(await lab.get('simulate', 'symmetry'), 'symmetric');
    assert.ok(await lab.page.evaluate(() => document.querySelector('[data-cell="simulate"]').contains(document.activeElement)));
    await lab.wait(() => document.querySelector('[data-cell="simulate"]').dataset.state === 'done');
    await lab.reload();
    assert.equal(await lab.get('simulate', 'pasted'), pasted);
  });

  it('draws fresh numbers on each try, and takes the right one', async () => {
    const seen = new Set([await text(lab, 'by-hand', '.words')]);
    for (let i = 0; i < 4; i += 1) {
      await press(lab, 'by-hand', 'try-again');
      assert.equal(await state(lab, 'by-hand'), 'open');
      const words = await text(lab, 'by-hand', '.words');
      assert.ok(!seen.has(words) || i > 1, 'the same numbers again');
      seen.add(words);
      const [, sign, r, scale] = /weight of (−?)([\d.]+) .* scale of ([\d.]+)\./.exec(words);
      const right = (sign ? -1 : 1) * Math.round(Number(r) / Number(scale));
      await type(lab, 'by-hand', i % 2 ? String(right) : String(right).replace('-', '−'));
      await lab.page.keyboard.press('Enter');
      assert.equal(await state(lab, 'by-hand'), 'right', words);
    }
  });

  it('explains a wrong option, and takes the right one', async () => {
    await choose(lab, 'eight-times', 'NumPy packs');
    await press(lab, 'eight-times', 'check');
    assert.equal(await state(lab, 'eight-times'), 'wrong');
    assert.match(await verdict(lab, 'eight-times'), /int4/);
    await press(lab, 'eight-times', 'try-again');
    await choose(lab, 'eight-times', 'NumPy’s numbers are float64');
    await press(lab, 'eight-times', 'check');
    assert.equal(await state(lab, 'eight-times'), 'right');
  });

  it('orders steps by the keyboard, and names the first misplaced one', async () => {
    await arrange(lab, 'affine-steps', ['Find', 'Widen', 'Compute', 'Divide its width', 'Divide each', 'Clamp']);
    await press(lab, 'affine-steps', 'check');
    assert.equal(await state(lab, 'affine-steps'), 'wrong');
    assert.match(await verdict(lab, 'affine-steps'), /Step 3 should be: Divide its width/);
    await press(lab, 'affine-steps', 'try-again');
    await arrange(lab, 'affine-steps', AFFINE_STEPS);
    await press(lab, 'affine-steps', 'check');
    assert.equal(await state(lab, 'affine-steps'), 'right');
  });

  it('keeps the focus on a step that is moved', async () => {
    const first = await lab.page.$eval('[data-question="qat-steps"] .steps li', (item) => item.dataset.step);
    await lab.page.focus('[data-question="qat-steps"] .steps li [data-action="move-down"]');
    await lab.page.keyboard.press('Enter');
    await lab.page.keyboard.press('Space');
    const now = await lab.page.evaluate(() => {
      const item = document.activeElement.closest('li');
      return [item.dataset.step, [...item.parentElement.children].indexOf(item), document.activeElement.dataset.action];
    });
    assert.deepEqual(now, [first, 2, 'move-down']);
  });

  it('compares text with a model answer, and counts the points that are ticked', async () => {
    await type(lab, 'why-calibrate', 'To find the ranges\nof activations.');
    assert.equal(await lab.page.$('[data-question="why-calibrate"] .model'), null);
    await press(lab, 'why-calibrate', 'check');
    assert.equal(await state(lab, 'why-calibrate'), 'wrong');
    assert.match(await verdict(lab, 'why-calibrate'), /0 of 4 points/);
    const ticks = await lab.page.$$('[data-question="why-calibrate"] .model input');
    assert.equal(ticks.length, 4);
    for (const tick of ticks.slice(0, 3)) await tick.click();
    assert.match(await verdict(lab, 'why-calibrate'), /3 of 4 points/);
    const hidden = await lab.page.$$eval('[data-question="why-calibrate"] .why', (all) => all.map(({ hidden }) => hidden));
    assert.deepEqual(hidden, [true, true, true, false]);
  });

  it('leaves Shift+Enter in a question to the question', async () => {
    const before = await lab.state('size');
    await lab.page.focus('[data-question="size-and-memory"] textarea');
    await lab.page.keyboard.type('One line');
    await lab.page.keyboard.down('Shift');
    await lab.page.keyboard.press('Enter');
    await lab.page.keyboard.up('Shift');
    await lab.page.keyboard.type('and another');
    assert.equal(await lab.page.$eval('[data-question="size-and-memory"] textarea', ({ value }) => value), 'One line\nand another');
    assert.equal(await lab.state('size'), before);
  });

  it('adds it all up in the review', async () => {
    assert.match(await score(lab), /^3\.8 of \d+ points; 5 of \d+ questions answered\.$/);
    const states = await lab.page.$$eval('#review [data-review]', (rows) => rows.map(({ dataset }) => [dataset.review, dataset.state]));
    assert.equal(states.length, (await lab.page.$$('form.question')).length);
    const of = Object.fromEntries(states);
    assert.equal(of['by-hand'], 'right');
    assert.equal(of['why-calibrate'], 'wrong');
    assert.equal(of.halves, 'open');
    const broken = await lab.page.$$eval('#review a[href^="#"]', (links) =>
      links.filter((link) => !document.querySelector(link.getAttribute('href'))).map((link) => link.href),
    );
    assert.deepEqual(broken, []);
  });

  it('remembers everything after a reload', async () => {
    const before = await everything(lab);
    await lab.reload();
    assert.deepEqual(await everything(lab), before);
  });

  it('prints all questions and answers with ?review', async () => {
    const names = await lab.page.$$eval('form.question', (forms) => forms.map(({ dataset }) => dataset.question));
    const wanted = await score(lab);
    await lab.page.goto(`${lab.address}?review`);
    await lab.wait(() => document.querySelector('.printout [data-score]'));
    assert.equal(await score(lab), wanted);
    const printed = await lab.page.$$eval('article[data-question]', (entries) => entries.map(({ dataset }) => dataset.question));
    assert.deepEqual(printed, names);
    assert.equal((await lab.page.$$('section[data-cell]')).length, 0);
    const calibrate = await lab.page.$eval('article[data-question="why-calibrate"]', ({ innerText }) => innerText);
    assert.match(calibrate, /To find the ranges\nof activations\./);
    assert.match(calibrate, /A model answer/);

    await lab.page.emulateMediaType('print');
    const visible = await lab.page.$$eval('button, .button, header', (all) => all.filter((element) => element.checkVisibility()).length);
    assert.equal(visible, 0, 'buttons on paper');
    await lab.page.emulateMediaType(null);
    await Promise.all([lab.page.waitForNavigation(), lab.page.click('.printout-head a.button')]);
    await lab.ready();
    assert.ok(await lab.page.$('#review'));
  });

  it('fits a phone', async () => {
    await lab.page.setViewport({ width: 390, height: 800 });
    for (const address of [lab.address, `${lab.address}?review`]) {
      await lab.page.goto(address);
      await lab.wait(() => document.querySelector('[data-score]'));
      const [wide, window] = await lab.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= window, `${address} is ${wide} wide`);
    }
    await lab.page.setViewport({ width: 1200, height: 900 });
    await lab.page.goto(lab.address);
    await lab.ready();
  });

  it('forgets the answers on Reset', async () => {
    await lab.page.click('button[data-action="reset"]');
    await lab.page.click('button[data-action="confirm-reset"]');
    await lab.wait(() => document.querySelector('[data-score]').textContent.startsWith('0 of'));
    assert.equal(await state(lab, 'by-hand'), 'open');
    await lab.reload();
    assert.match(await score(lab), /^0 of/);
    assert.match(await text(lab, 'by-hand', '.words'), /0\.42 .* 0\.025/);
  });

  it('leads from the questions about integers to each of their cells', () => {
    assert.deepEqual(new Set(links.map(({ cell }) => cell)), INTEGERS);
  });

  for (const { name, cell, set } of links) {
    it(`opens ${cell} from “${name}”${set.length > 0 ? ' with its parameters' : ''}, and runs it`, async () => {
      await lab.hurry();
      for (const slow of ['convert', 'your-model']) await lab.set(slow, 'samples', 4);
      await lab.set('your-model', 'runs', 1);
      for (const [parameter, value] of set) await lab.set(cell, parameter, await another(lab, cell, parameter, value));
      await lab.runBy(cell, async () => {
        await press(lab, name, 'show-me');
        for (const [parameter, value] of set) assert.equal(await lab.get(cell, parameter), value, parameter);
        assert.ok(await lab.page.evaluate((cell) => document.querySelector(`[data-cell="${cell}"]`).contains(document.activeElement), cell));
      });
    });
  }

  it('logs no errors', () => assert.deepEqual(lab.faults, []));
}

function at(name, selector = '') {
  return `form[data-question="${name}"] ${selector}`;
}

// Not by the mouse: a page that is still scrolling smoothly would move away below it.
function press(lab, name, action) {
  return lab.page.$eval(at(name, `button[data-action="${action}"]`), (button) => {
    button.focus();
    button.click();
  });
}

async function type(lab, name, words) {
  await lab.page.$eval(`${at(name, 'input[type="text"]')}, ${at(name, 'textarea')}`, (control) => {
    control.focus();
    control.select();
  });
  await lab.page.keyboard.type(words);
}

function state(lab, name) {
  return lab.page.$eval(at(name).trim(), ({ dataset }) => dataset.state);
}

function text(lab, name, selector) {
  return lab.page.$eval(at(name, selector), ({ innerText }) => innerText.trim());
}

function verdict(lab, name) {
  return text(lab, name, '.verdict');
}

function score(lab) {
  return lab.page.$eval('[data-score]', ({ textContent }) => textContent);
}

// Chooses the option that begins with these words.
async function choose(lab, name, words) {
  const found = await lab.page.$$eval(
    at(name, 'label.option'),
    (labels, words) => {
      const label = labels.find(({ textContent }) => textContent.trim().startsWith(words));
      label?.querySelector('input').click();
      return Boolean(label);
    },
    words,
  );
  assert.ok(found, `${name} has no option “${words}”`);
}

// Moves the steps, by their buttons, until they begin with these words.
async function arrange(lab, name, wanted) {
  for (let place = 0; place < wanted.length; place += 1) {
    for (let left = wanted.length; ; left -= 1) {
      const steps = await lab.page.$$eval(at(name, '.steps li'), (items) => items.map(({ textContent }) => textContent));
      const from = steps.findIndex((step, index) => index >= place && step.startsWith(wanted[place]));
      assert.ok(from >= 0 && left > 0, `${name}: no step “${wanted[place]}”`);
      if (from === place) break;
      await lab.page.focus(at(name, `.steps li:nth-child(${from + 1}) [data-action="move-up"]`));
      await lab.page.keyboard.press('Enter');
    }
  }
}

// What every question asks, how it is answered, and where it stands.
function everything(lab) {
  return lab.page.$$eval('form.question', (forms) =>
    forms.map((form) => [
      form.dataset.question,
      form.dataset.state,
      form.innerText,
      ...[...form.querySelectorAll('input, textarea')].map(({ value, checked }) => [value, checked]),
    ]),
  );
}

// Of the files with such a link, which here is always the question's own, the name and the link.
async function integerLinks(folder) {
  const links = [];
  for (const file of (await readdir(folder)).sort()) {
    const name = /^\d+-(.*)\.toml$/.exec(file)?.[1];
    const link = name && /^\[link\]\n(?:[a-z].*\n?)*/m.exec(await readFile(new URL(file, folder), 'utf8'))?.[0];
    const cell = link && /^cell = "(.*)"$/m.exec(link)[1];
    if (!INTEGERS.has(cell)) continue;
    const set = [...(/^set = \{(.*)\}$/m.exec(link)?.[1] ?? '').matchAll(/(\w+) = "(.*?)"/g)];
    links.push({ name, cell, set: set.map(([, parameter, value]) => [parameter, value]) });
  }
  return links;
}

// A value of a choice that is not this one.
function another(lab, cell, parameter, value) {
  return lab.page.$eval(
    `[data-cell="${cell}"] select[name="${parameter}"]`,
    (select, value) => {
      if (![...select.options].some((option) => option.value === value)) throw new Error(`${select.name} has no ${value}`);
      return [...select.options].find((option) => option.value !== value).value;
    },
    value,
  );
}
