// The npm packages at the work that bench_peer measures.
//
//     node peer.mjs PACKAGES FILE         does what its orders say, a line each
//     node peer.mjs PACKAGES FILE read    reads the cached issue 1, and ends
//
// It says "ready"; each order is answered by "WALL CPU", microseconds that it took:
//
//     serve URL             opens the file, for answers from there; it takes nothing
//     walk FIRST COUNT      retrieves issues, one after the other
//     again ID COUNT        retrieves one issue over and over
//     fetch FIRST COUNT     retrieves issues, eight under way
//     admit COUNT           takes a place in the limit
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [, , root, file, mode] = process.argv;
const UNDER_WAY = 8;
const load = (name) => import(pathToFileURL(join(root, 'node_modules', name)).href);

async function loadAll() {
  const { default: Database } = await load('better-sqlite3/lib/index.js');
  const client = await load('@comic-vine/client/lib/index.js');
  const stores = await load('@comic-vine/sqlite-store/lib/index.js');
  return { Database, ...client, ...stores };
}

const loaded = await loadAll().catch((error) => {
  console.log(`no packages in ${root}: ${error.message.split('\n')[0]}`);
  process.exit(0);
});
let database, limit, client;

function serve(baseUrl) {
  database = new loaded.Database(file);
  const defaultConfig = { limit: 1000000, windowMs: 3600000 };
  limit = new loaded.SQLiteRateLimitStore({ database, defaultConfig });
  const stores = {
    cache: new loaded.SQLiteCacheStore({ database }),
    dedupe: new loaded.SQLiteDedupeStore({ database }),
    rateLimit: limit,
  };
  client = new loaded.ComicVine({ apiKey: 'a key that is not checked', baseUrl, stores });
}

async function retrieve(id) {
  const issue = await client.issue.retrieve(id);
  if (issue.id !== id) {
    throw new Error(`issue ${issue.id} in place of ${id}`);
  }
}

async function walk(first, count) {
  for (let id = first; id < first + count; id++) {
    await retrieve(id);
  }
}

async function again(id, count) {
  for (let i = 0; i < count; i++) {
    await retrieve(id);
  }
}

async function fetch(first, count) {
  let next = first;
  const fetchOn = async () => {
    while (next < first + count) {
      await retrieve(next++);
    }
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, fetchOn));
}

async function admit(count) {
  for (let i = 0; i < count; i++) {
    if (!(await limit.canProceed('issue'))) {
      throw new Error('no room');
    }
    await limit.record('issue');
  }
}

const orders = { serve, walk, again, fetch, admit };

async function obey(line) {
  const [order, ...rest] = line.split(' ');
  const values = order === 'serve' ? rest : rest.map(Number);
  const begun = process.hrtime.bigint();
  const before = process.cpuUsage();
  await orders[order](...values);
  const spent = process.cpuUsage(before);
  const wall_us = Number(process.hrtime.bigint() - begun) / 1000;
  console.log(`${wall_us} ${spent.user + spent.system}`);
}

if (mode === 'read') {
  serve('http://127.0.0.1:1/api/'); // nobody is asked
  await retrieve(1);
  process.exit(0);
}
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'end') {
    break;
  }
  await obey(line);
}
database?.close();
process.exit(0); // their timers would go on
