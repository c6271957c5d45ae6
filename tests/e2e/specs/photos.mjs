// The reader's own photos: good ones and bad ones.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';
import { hugePng, png } from '../png.mjs';

export default function (browser) {
  let lab;
  let folder;
  const put = async (name, bytes) => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'octet-photos-'));
    lab = await Lab.open(browser());
    await lab.set('setup', 'backend', 'flex');
    await lab.set('inference', 'runs', 1);
    assert.equal(await lab.run('data'), 'done', await lab.error('data'));
  });
  after(async () => {
    await lab.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('resizes the four photos as skimage does', async () => {
    const titles = (await lab.photos()).map(({ title }) => title);
    assert.deepEqual(titles, ['chelsea', 'astronaut', 'coffee', 'rocket']);
    for (const [index, title] of titles.entries()) {
      const fixture = await readFile(new URL(`../../fixtures/photos/${title}.png`, import.meta.url), 'base64');
      const difference = await lab.page.evaluate(largestDifference, index, fixture);
      assert.ok(difference <= 1, `${title} differs by ${difference} of 255`);
    }
  });

  it('adds a photo', async () => {
    await lab.addPhoto(await put('sunset.png', png(320, 200, (x, y) => [255 - y, 128, x % 256])));
    await lab.waitForPhotos(5);
    const photo = (await lab.photos())[4];
    assert.equal(photo.added, true);
    assert.deepEqual([photo.width, photo.height], [320, 200]);
    assert.match(photo.title, /sunset/);
    assert.deepEqual((await lab.report('data')).batch_shape, [5, 224, 224, 3]);
  });

  const bad = {
    'a file that is not an image': ['letter.png', () => Buffer.from('Dear reader, this is no picture.\n'.repeat(20))],
    'an image cut short': ['half.png', () => png(300, 300, (x, y) => [(x * y) % 256, x % 256, y % 256]).subarray(0, 60)],
    'an image of one pixel': ['dot.png', () => png(1, 1, () => [255, 0, 0])],
    'an image of 100 megapixels': ['wall.png', () => hugePng(10000, 10000)],
  };
  for (const [what, [name, make]] of Object.entries(bad)) {
    it(`refuses ${what} and keeps the others`, async () => {
      assert.equal(await lab.run('data'), 'done');
      const [photos, output] = [await lab.photos(), await lab.output('data')];
      await lab.addPhoto(await put(name, make()));
      const error = await lab.waitForError('data');
      assert.match(error, new RegExp(name.replace('.', '\\.')), 'the error does not name the file');
      assert.deepEqual(await lab.photos(), photos);
      assert.equal(await lab.output('data'), output);
    });
  }

  it('takes the photo through the whole experiment', async () => {
    assert.equal(await lab.run('data'), 'done');
    assert.equal(await lab.run('accuracy'), 'done', await lab.error('accuracy'));
    assert.equal((await lab.report('accuracy')).rows.length, 5);
    assert.equal((await lab.report('baseline')).predictions.length, 5);
  });

  it('removes it again', async () => {
    await lab.page.$eval('section[data-cell="data"] button[data-action="remove"]', (button) => button.click());
    await lab.waitForPhotos(4);
    assert.ok((await lab.photos()).every(({ added }) => !added));
  });
}

// Runs in the page: how far the photo at this place lies from the PNG, in the worst channel of the worst pixel.
async function largestDifference(index, base64) {
  const pixels = (context) => context.getImageData(0, 0, 224, 224).data;
  const shown = document.querySelectorAll('section[data-cell="data"] canvas')[index];
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const expected = new OffscreenCanvas(224, 224).getContext('2d');
  expected.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0);
  const [a, b] = [pixels(shown.getContext('2d')), pixels(expected)];
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at])), 0);
}
