// Chromium for tests: headless, and without a way to any other host.
import puppeteer from 'puppeteer-core';

// Generous, since it only stands between a hang and the end of the tests.
export const PATIENCE = 3 * 60 * 1000;

export function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests with \`cargo xtask test\``);
  return value;
}

export function launch(more = []) {
  return puppeteer.launch({
    executablePath: need('CHROMIUM'),
    protocolTimeout: PATIENCE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      // Whatever asks for another host gets nothing, here as on a machine without network.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      ...more,
    ],
  });
}
