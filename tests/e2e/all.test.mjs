// One process, one browser, one spec after the other: what a spec times is not disturbed by another.
import { after, before, describe } from 'node:test';

import accessibility from './specs/accessibility.mjs';
import breaks from './specs/breaks.mjs';
import camera from './specs/camera.mjs';
import charts from './specs/charts.mjs';
import converter from './specs/converter.mjs';
import digits from './specs/digits.mjs';
import faults from './specs/faults.mjs';
import inspect from './specs/inspect.mjs';
import integers from './specs/integers.mjs';
import laboratory from './specs/laboratory.mjs';
import memory from './specs/memory.mjs';
import models from './specs/models.mjs';
import notebook from './specs/notebook.mjs';
import photos from './specs/photos.mjs';
import ptq from './specs/ptq.mjs';
import qat from './specs/qat.mjs';
import questions from './specs/questions.mjs';
import rescue from './specs/rescue.mjs';
import state from './specs/state.mjs';
import training from './specs/training.mjs';
import troubleshoot from './specs/troubleshoot.mjs';
import { launch } from './lab.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const specs = { notebook, laboratory, integers, models, state, photos, inspect, camera, breaks, memory, troubleshoot, rescue, training, digits, ptq, qat, faults, charts, converter, questions, accessibility };
for (const [name, spec] of Object.entries(specs)) describe(name, () => spec(() => browser));
