import { after, before, describe } from 'node:test';
import qat from './specs/qat.mjs';
import digits from './specs/digits.mjs';
import { launch } from './lab.mjs';
let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());
const specs = { qat, digits };
for (const [name, spec] of Object.entries(specs)) describe(name, () => spec(() => browser));
