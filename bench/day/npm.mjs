// The day's three programs on the Node packages, each with its own stores in its own file.
//
//     node npm.mjs PACKAGES FOLDER
//
// Time stands but for what the orders say, and no request leaves the process. It says "ready"; each
// order is a line, and each is answered by any number of "send NUMBER PROGRAM URL" and "ended TASK
// ANSWERED REVISION", then "idle DUE", when its next timer is due (-1: it has none):
//
//     begin NOW TASK PROGRAM RESOURCE REFRESH ID FILTER    (ID 0: a list)
//     answer NOW NUMBER STATUS BODY
//     work NOW
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [, , root, folder] = process.argv;
const hour_ms = 3600000;
const start_ms = 1767571200000; // 2026-01-05 00:00:00 UTC
const api_key = 'a key that is not checked';
const names = ['manager', 'reader', 'tagger'];
const types = { issue: 4000, volume: 4050, character: 4005 };

// ---- time ----

const settled = setImmediate;
const RealDate = Date;
let now_ms = 0;
const timers = new Map();
let next_timer = 1;

globalThis.Date = class extends RealDate {
  constructor(...values) {
    super(...(values.length > 0 ? values : [start_ms + now_ms]));
  }
  static now() {
    return start_ms + now_ms;
  }
};

function addTimer(call, wait_ms, again, values) {
  const id = next_timer++;
  const pause_ms = Math.max(1, Number(wait_ms) || 0);
  timers.set(id, { due_ms: now_ms + pause_ms, again_ms: again ? pause_ms : 0, call, values });
  const handle = { id, ref: () => handle, unref: () => handle, hasRef: () => true };
  return handle;
}

globalThis.setTimeout = (call, wait_ms, ...values) => addTimer(call, wait_ms, false, values);
globalThis.setInterval = (call, wait_ms, ...values) => addTimer(call, wait_ms, true, values);
globalThis.clearTimeout = globalThis.clearInterval = (handle) => timers.delete(handle?.id);

const nextDue = () => [...timers.values()].reduce((least, one) => Math.min(least, one.due_ms), Infinity);

async function fireTimers() {
  for (const [id, timer] of [...timers].sort(([, a], [, b]) => a.due_ms - b.due_ms)) {
    if (timer.due_ms <= now_ms && timers.has(id)) {
      timer.due_ms += timer.again_ms;
      if (timer.again_ms === 0) {
        timers.delete(id);
      }
      timer.call(...timer.values);
      await settle();
    }
  }
}

// All is done in this process, so that what was begun has come as far as it can in a turn or two.
const settle = async () => {
  await new Promise((done) => settled(done));
  await new Promise((done) => settled(done));
};

// ---- network ----

const under_way = new Map();
let next_number = 1;

function send(config) {
  const number = next_number++;
  const program = names.indexOf(new URL(config.url).hostname.split('.')[0]);
  console.log(`send ${number} ${program} ${config.url}`);
  return new Promise((resolve, reject) => under_way.set(number, { config, resolve, reject }));
}

function answer(number, status, data) {
  const { config, resolve, reject } = under_way.get(number);
  const response = { data, status, statusText: '', headers: {}, config, request: {} };
  under_way.delete(number);
  if (status < 300) {
    resolve(response);
  } else {
    reject(new loaded.AxiosError(`status ${status}`, 'ERR_BAD_REQUEST', config, {}, response));
  }
}

// ---- programs ----

const load = (name) => import(pathToFileURL(join(root, 'node_modules', name)).href);

async function loadAll() {
  const { default: Database } = await load('better-sqlite3/lib/index.js');
  const { default: axios, AxiosError } = await load('axios/index.js');
  const client = await load('@comic-vine/client/lib/index.js');
  const stores = await load('@comic-vine/sqlite-store/lib/index.js');
  axios.defaults.adapter = send;
  return { Database, AxiosError, ...client, ...stores };
}

const loaded = await loadAll().catch((error) => {
  console.log(`no packages in ${root}: ${error.message.split('\n')[0]}`);
  process.exit(0);
});

// As well set as they can be: the service's limit, answers for a day, waits as long as it takes.
function openProgram(name) {
  const database = new loaded.Database(join(folder, `${name}.db`));
  const stores = {
    cache: new loaded.SQLiteCacheStore({ database }),
    dedupe: new loaded.SQLiteDedupeStore({ database }),
    rateLimit: new loaded.SQLiteRateLimitStore({
      database,
      defaultConfig: { limit: 200, windowMs: hour_ms },
    }),
  };
  const client = new loaded.ComicVine({
    apiKey: api_key,
    baseUrl: `http://${name}.example/api/`,
    stores,
    client: { defaultCacheTTL: 24 * 3600, throwOnRateLimit: false, maxWaitTime: hour_ms },
  });
  return { database, stores, client };
}

const programs = names.map(openProgram);

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

function filterOf(text) {
  const fields = text.split(',').map((field) => {
    const colon = field.indexOf(':');
    return [camel(field.slice(0, colon)), field.slice(colon + 1)];
  });
  return Object.fromEntries(fields);
}

async function ask({ client, stores }, resource, isRefresh, id, filter) {
  if (id === 0) {
    await client[resource].list({ filter: filterOf(filter) });
    return '-';
  }
  if (isRefresh) {
    const hash = loaded.hashRequest(`${resource}/${types[resource]}-${id}`, {
      api_key,
      format: 'json',
    });
    await stores.cache.delete(hash);
  }
  return (await client[resource].retrieve(id)).dateLastUpdated ?? '-';
}

function begin(task, program, resource, isRefresh, id, filter) {
  ask(programs[program], resource, isRefresh === '1', Number(id), filter).then(
    (revision) => console.log(`ended ${task} 1 ${revision}`),
    () => console.log(`ended ${task} 0 -`),
  );
}

// ---- orders ----

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'end') {
    break;
  }
  const [order, now, ...rest] = line.split(' ');
  now_ms = Number(now);
  if (order === 'begin') {
    begin(...rest.slice(0, 5), rest.slice(5).join(' '));
  } else if (order === 'answer') {
    answer(Number(rest[0]), Number(rest[1]), rest.slice(2).join(' '));
  }
  await settle();
  if (nextDue() <= now_ms) {
    await fireTimers();
  }
  const due_ms = nextDue();
  console.log(`idle ${due_ms === Infinity ? -1 : due_ms}`);
}
programs.forEach(({ database }) => database.close());
process.exit(0); // their timers would go on
