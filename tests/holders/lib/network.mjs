// A network of candidates in a folder of its own, on free ports: more candidates than seats of delegates, so that votes decide, and days
// of seconds, so that locks and waits end while one looks on. The program is the one that operators run; only its chain spec is edited.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const CANDIDATES = 8;
/** Seats of the delegates, and of the committee that is drawn out of them. */
const DELEGATES = 6;
const COMMITTEE = 4;
const BLOCK_MS = 250;
/** Seconds of a day of the network: what people lock and wait for is counted in days. */
const DAY_SECONDS = 10;
/** Days of a proposal: for support, for the vote, and of the time lock. */
const GOVERNANCE_DAYS = { supportDays: "3", voteDays: "3", timeLockDays: "1" };

/** Ports where runs may begin, below those that systems give to outgoing connections. */
const PORTS = { first: 20_000, count: 10_000 };
const PORT_TRIES = 100;
/** How long set-up, first blocks and the end may take, in milliseconds. */
const MADE_WITHIN = 60_000;
const BLOCKS_WITHIN = 120_000;
const ENDS_WITHIN = 60_000;
const LOOK_EVERY = 100;

const PANIC = /panicked at|an actor of consensus failed|a part of the node ended/;

async function held(port) {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const release = (servers) => Promise.all(servers.map((server) => new Promise((done) => server.close(done))));

/** The first of so many adjacent free ports. */
async function freePorts(count) {
  for (let tries = 0; tries < PORT_TRIES; tries += 1) {
    const first = PORTS.first + Math.floor(Math.random() * PORTS.count);
    const servers = [];
    try {
      for (let port = first; port < first + count; port += 1) servers.push(await held(port));
      return first;
    } catch {
      // One is taken: look elsewhere.
    } finally {
      await release(servers);
    }
  }
  throw new Error(`no ${count} adjacent free ports found`);
}

async function heightOf(url) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] });
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => null);
  return answer ? Number((await answer.json()).result) : 0;
}

export class Network {
  #program;
  #process = null;
  #ended = null;

  constructor(program) {
    this.#program = program;
    this.dir = mkdtempSync(join(tmpdir(), "holders-"));
    this.log = join(this.dir, "devnet.log");
  }

  get urls() {
    return Array.from({ length: CANDIDATES }, (_, node) => `http://127.0.0.1:${this.ports + node}`);
  }

  async start() {
    this.ports = await freePorts(3 * CANDIDATES);
    await this.#make();
    this.#edit();
    this.#run();
    const deadline = Date.now() + BLOCKS_WITHIN;
    const running = async () => (await Promise.all(this.urls.map(heightOf))).every((height) => height > 0);
    while (!(await running())) {
      if (this.#process.exitCode !== null) throw new Error(`the network ended by itself; its log: ${this.log}`);
      if (Date.now() > deadline) throw new Error(`no blocks on all nodes within ${BLOCKS_WITHIN} ms; the log: ${this.log}`);
      await pause(LOOK_EVERY);
    }
  }

  /** Looks whether no node panicked, ends them as an operator does, and looks whether they ended well. */
  async stop() {
    for (let node = 0; node < CANDIDATES; node += 1) {
      const line = readFileSync(join(this.#node(node), "node.log"), "utf8").split("\n").find((text) => PANIC.test(text));
      if (line) throw new Error(`node-${node} logged: ${line.slice(0, 300)}`);
    }
    this.#process.kill("SIGTERM");
    const code = await Promise.race([this.#ended, pause(ENDS_WITHIN, "late", { ref: false })]);
    if (code !== 0) throw new Error(code === "late" ? `the network did not end within ${ENDS_WITHIN} ms` : `the network ended with ${code}`);
  }

  /** Ends it whatever it does, for the case that something failed. Nodes end when their supervisor is gone. */
  kill() {
    this.#process?.kill("SIGKILL");
  }

  remove() {
    rmSync(this.dir, { recursive: true, force: true });
  }

  #node = (index) => join(this.dir, "network", `node-${index}`);

  #devnet(...more) {
    const metrics = this.ports + 2 * CANDIDATES;
    const args = ["devnet", "--dir", join(this.dir, "network"), "--port", this.ports, "--metrics-port", metrics, ...more];
    const child = spawn(this.#program, args.map(String), { stdio: ["ignore", "pipe", "pipe"] });
    const log = createWriteStream(this.log, { flags: "a" });
    for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false });
    return child;
  }

  /** Makes keys, chain spec and folders. A port that is taken keeps the nodes from starting: the spec is edited before they do. */
  async #make() {
    const taken = await held(this.ports);
    const sizes = ["--candidates", CANDIDATES, "--committee", COMMITTEE, "--block-time", BLOCK_MS];
    const maker = this.#devnet(...sizes, "--p2p-port", this.ports + CANDIDATES);
    await once(maker, "exit", { signal: AbortSignal.timeout(MADE_WITHIN) });
    await release([taken]);
    if (!existsSync(join(this.dir, "network", "devnet.json"))) throw new Error(`no network was made; the log: ${this.log}`);
  }

  #edit() {
    const own = join(this.dir, "network", "genesis.json");
    const spec = JSON.parse(readFileSync(own, "utf8"));
    // Turns that a busy machine misses put nobody on probation: votes alone decide.
    Object.assign(spec.params, { delegateSeats: String(DELEGATES), daySeconds: String(DAY_SECONDS), productivityBps: "0", ...GOVERNANCE_DAYS });
    spec.seatPhases = [{ fromEpoch: 0, seats: DELEGATES }];
    const text = JSON.stringify(spec, null, 2);
    writeFileSync(own, text);
    for (let node = 0; node < CANDIDATES; node += 1) writeFileSync(join(this.#node(node), "genesis.json"), text);
    // Who is no delegate follows one who is.
    for (let node = COMMITTEE; node < CANDIDATES; node += 1) {
      const path = join(this.#node(node), "althing.toml");
      const before = readFileSync(path, "utf8");
      const after = before.replace(/^urls = \[\]$/m, `urls = ["ws://127.0.0.1:${this.ports}"]`);
      if (after === before) throw new Error(`${path} has no empty list of nodes to follow`);
      writeFileSync(path, after);
    }
  }

  #run() {
    this.#process = this.#devnet();
    this.#ended = once(this.#process, "exit").then(([code]) => code);
  }
}
