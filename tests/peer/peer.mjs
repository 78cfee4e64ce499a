// A program on the Node packages that does as it is told, for tests that share a file with it.
//
//     node peer.mjs PACKAGES
//
// It says "ready VERSION VERSION" (client and stores). Each line of its input is an order and its
// arguments; each is answered by one line: what came of it, or "failed: MESSAGE". At the end of
// its input it closes the file and ends.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const packages = join(process.argv[2], 'node_modules');
const load = (name) => import(pathToFileURL(join(packages, name)).href);
const versionOf = (name) =>
  JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')).version;

async function loadAll() {
  const { default: Database } = await load('better-sqlite3/lib/index.js');
  const { ComicVine } = await load('@comic-vine/client/lib/index.js');
  const stores = await load('@comic-vine/sqlite-store/lib/index.js');
  new Database(':memory:').close(); // compiled for another node, it fails only here
  return { Database, ComicVine, ...stores };
}

const loaded = await loadAll().catch((error) => {
  console.log(`no packages in ${process.argv[2]} (scripts/peer): ${error.message.split('\n')[0]}`);
  process.exit(1);
});
const { Database, ComicVine, SQLiteCacheStore, SQLiteDedupeStore } = loaded;
const limits = {
  sliding: loaded.SQLiteRateLimitStore,
  adaptive: loaded.SqliteAdaptiveRateLimitStore,
};
let database, cache, jobs, limit, client;

// The stores and the client of one file, all on one connection.
function open(path, kind, requests, windowMs, baseUrl, apiKey) {
  database = new Database(path);
  cache = new SQLiteCacheStore({ database });
  jobs = new SQLiteDedupeStore({ database });
  const defaultConfig = { limit: Number(requests), windowMs: Number(windowMs) };
  limit = new limits[kind]({ database, defaultConfig });
  const stores = { cache, dedupe: jobs, rateLimit: limit };
  client = new ComicVine({ apiKey, baseUrl, stores, client: { throwOnRateLimit: true } });
  return database.pragma('journal_mode', { simple: true });
}

async function close() {
  await Promise.all([cache, jobs, limit].map((store) => store.close()));
  database.close();
  return 'closed';
}

const nameOf = (result) => result?.name ?? 'nothing';

async function write(prefix, count) {
  for (let i = 0; i < Number(count); i++) {
    await cache.set(`${prefix}${i}`, { i }, 3600);
    await limit.record('crowd');
    await new Promise(setImmediate);
  }
  return count;
}

// As a caller who asks first and records after sending.
async function takeTurn(resource, priority) {
  const may = await limit.canProceed(resource, priority);
  if (may) {
    await limit.record(resource, priority);
  }
  return may ? 'sent' : 'held';
}

const orders = {
  open,
  close,
  write,
  turn: takeTurn,
  retrieve: async (id) => nameOf(await client.issue.retrieve(Number(id))),
  list: async () => (await client.issue.list({ limit: 1 })).data.length,
  set: async (hash, text) => (await cache.set(hash, { text }, 3600), 'kept'),
  get: async (hash) => (await cache.get(hash))?.text ?? 'nothing',
  register: async (hash) => jobs.register(hash),
  complete: async (hash, text) => (await jobs.complete(hash, { text }), 'completed'),
  result: async (hash) => (await jobs.getResult(hash))?.text ?? 'nothing',
  progress: async (hash) => ((await jobs.isInProgress(hash)) ? 'yes' : 'no'),
  items: async () => (await cache.getStats()).totalItems,
  jobs: async () => (await jobs.getStats()).totalJobs,
  requests: async () => (await limit.getStats()).totalRequests,
  remaining: async (resource) => (await limit.getStatus(resource)).remaining,
};

console.log(
  `ready ${versionOf('@comic-vine/client')} ${versionOf('@comic-vine/sqlite-store')}`,
);
for await (const line of createInterface({ input: process.stdin })) {
  const [order, ...rest] = line.split(' ');
  try {
    console.log(String(await orders[order](...rest)).replaceAll('\n', ' '));
  } catch (error) {
    console.log(`failed: ${error.message.replaceAll('\n', ' ')}`);
  }
}
if (database?.open) {
  await close();
}
