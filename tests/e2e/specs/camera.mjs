// Live pictures: from a camera that Chromium makes up, and from a video made on the fly.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { Lab, launch, url } from '../lab.mjs';

const LIVE = 'section[data-cell="camera"] [data-live]';

export default function (browser) {
  let withCamera;
  before(async () => {
    withCamera = await launch(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
  });
  after(() => withCamera?.close());

  async function ready(browser, options) {
    const lab = await Lab.open(browser, options);
    await lab.set('setup', 'backend', 'flex');
    assert.equal(await lab.run('camera'), 'done', await lab.error('camera'));
    return lab;
  }

  const click = (lab, action) => lab.page.$eval(`${LIVE} [data-live-action="${action}"]`, (button) => button.click());
  const frames = (lab, least) => lab.wait((live, least) => Number(document.querySelector(live).dataset.frames) >= least, LIVE, least);
  const status = (lab) => lab.text('camera', '[data-status]');
  const tracks = (lab) => lab.page.evaluate(() => (globalThis.streams ?? []).flatMap((stream) => stream.getTracks().map(({ readyState }) => readyState)));
  // Remembers every stream that the page is given.
  const remember = () => {
    globalThis.streams = [];
    const get = navigator.mediaDevices?.getUserMedia?.bind(navigator.mediaDevices);
    if (get) navigator.mediaDevices.getUserMedia = async (...all) => (globalThis.streams.push(await get(...all)), globalThis.streams.at(-1));
  };

  async function errorAfter(lab, act) {
    await act();
    await lab.wait((live) => !document.querySelector(`${live} [data-live-error]`).hidden, LIVE);
    assert.equal(await lab.page.$eval(LIVE, ({ dataset }) => dataset.live), 'nowhere');
    return lab.text('camera', '[data-live-error]');
  }

  it('shows frames of a camera to both networks, by keyboard, until it is stopped', async () => {
    const lab = await ready(withCamera, { prepare: remember });
    assert.match(await lab.output('camera'), /full integer +[\d.]+ ms a photo/);
    assert.equal(await lab.page.$eval(LIVE, ({ dataset }) => dataset.live), 'nowhere');
    await lab.page.focus(`${LIVE} [data-live-action="start"]`);
    await lab.page.keyboard.press('Enter');
    await frames(lab, 5);
    assert.equal(await lab.page.$eval(LIVE, ({ dataset }) => dataset.live), 'camera');
    assert.match(await status(lab), /camera is on/);
    assert.equal((await lab.page.$$(`${LIVE} .pair li`)).length, 10);
    assert.match(await lab.text('camera', '[data-summary]'), /\d+ frames; both see the same in \d+/);
    assert.match(await lab.text('camera', '[data-live] table'), /a run, median[\d.]+ ms/);
    assert.deepEqual(await tracks(lab), ['live']);

    // A cell goes first.
    assert.equal(await lab.run('sizes'), 'done');
    const before = await lab.page.$eval(LIVE, ({ dataset }) => Number(dataset.frames));
    await frames(lab, before + 3);

    await lab.page.focus(`${LIVE} [data-live-action="stop"]`);
    await lab.page.keyboard.press('Enter');
    await lab.wait((live) => document.querySelector(live).dataset.live === 'nowhere', LIVE);
    assert.deepEqual(await tracks(lab), ['ended']);
    assert.equal(await status(lab), 'Stopped.');

    // Running the cell again, or a reset, switches it off too.
    await click(lab, 'start');
    await frames(lab, 2);
    assert.equal(await lab.run('camera'), 'done');
    assert.deepEqual(await tracks(lab), ['ended', 'ended']);
    assert.deepEqual(lab.faults, []);
    await lab.close();
  });

  it('pauses while a cell runs, and says so', async () => {
    const lab = await ready(withCamera);
    await click(lab, 'start');
    await frames(lab, 2);
    await lab.page.evaluate((live) => {
      globalThis.said = [];
      const status = document.querySelector(`${live} [data-status]`);
      new MutationObserver(() => globalThis.said.push(status.textContent)).observe(status, { childList: true, characterData: true, subtree: true });
    }, LIVE);
    assert.equal(await lab.run('inference'), 'done', await lab.error('inference'));
    const before = await lab.page.$eval(LIVE, ({ dataset }) => Number(dataset.frames));
    await frames(lab, before + 2);
    const said = await lab.page.evaluate(() => globalThis.said);
    assert.ok(said.some((words) => /Paused while a cell runs/.test(words)), JSON.stringify(said));
    assert.match(await status(lab), /camera is on/);
    // What the networks were made of is made anew: the camera ends, with a word.
    assert.equal(await lab.run('baseline'), 'done');
    await lab.wait((live) => document.querySelector(live).dataset.live === 'nowhere', LIVE);
    assert.match(await lab.text('camera', '[data-live-error]'), /not ready.*Run the cell “camera”/);
    await lab.close();
  });

  it('plays a video file, and refuses what is none', async () => {
    const lab = await ready(browser());
    // Two seconds of a moving square, recorded in the page.
    const choose = (name, make) =>
      lab.page.evaluate(
        async (live, name, make) => {
          const bytes = await new Function(`return (${make})()`)();
          const files = new DataTransfer();
          files.items.add(new File([bytes], name));
          const input = document.querySelector(`${live} input[type=file]`);
          input.files = files.files;
          input.dispatchEvent(new Event('change', { bubbles: true }));
        },
        LIVE,
        name,
        `${make}`,
      );
    await choose('square.webm', async () => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [320, 240];
      const context = canvas.getContext('2d');
      const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: 'video/webm' });
      const parts = [];
      recorder.ondataavailable = ({ data }) => parts.push(data);
      const done = new Promise((stopped) => (recorder.onstop = stopped));
      recorder.start();
      for (let i = 0; i < 60; i++) {
        context.fillStyle = 'rgb(90 140 220)';
        context.fillRect(0, 0, 320, 240);
        context.fillStyle = 'orange';
        context.fillRect(4 * i, 80, 60, 60);
        await new Promise((next) => setTimeout(next, 33));
      }
      recorder.stop();
      await done;
      return new Blob(parts);
    });
    await lab.wait((live) => document.querySelector(`${live} [data-status]`).textContent === 'The video has ended.', LIVE);
    await frames(lab, 1);
    assert.equal(await lab.page.$eval(LIVE, ({ dataset }) => dataset.live), 'nowhere');
    assert.equal((await lab.photos()).length, 4, 'the video was taken for a photo');
    assert.match(await errorAfter(lab, () => choose('notes.txt', async () => new Blob(['no video']))), /“notes\.txt” is not a video that this browser can play\. Choose/);
    await lab.close();
  });

  it('says why there is no camera', async () => {
    const origin = new URL(url).origin;
    const asking = await launch(['--use-fake-device-for-media-stream']);
    const denied = await ready(asking);
    await denied.context.overridePermissions(origin, []);
    assert.match(await errorAfter(denied, () => click(denied, 'start')), /permission was denied\. Allow the camera/);
    await asking.close();
    const none = await ready(browser());
    await none.context.overridePermissions(origin, ['camera']);
    assert.match(await errorAfter(none, () => click(none, 'start')), /No camera was found\. Connect one/);
    await none.close();
    const insecure = await ready(browser(), {
      prepare: () => Object.defineProperty(window, 'isSecureContext', { value: false }),
    });
    assert.match(await errorAfter(insecure, () => click(insecure, 'start')), /does not begin with https\. Open the page over https/);
    await insecure.close();
    const without = await ready(browser(), {
      prepare: () => Object.defineProperty(navigator, 'mediaDevices', { value: undefined }),
    });
    assert.match(await errorAfter(without, () => click(without, 'start')), /cannot hand over a camera’s pictures/);
    await without.close();
  });
}
