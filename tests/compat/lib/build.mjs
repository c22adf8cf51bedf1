// Compiles contracts/*.sol with the JavaScript compiler into .out/contracts.json; does nothing when they are unchanged.

import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, readdirSync, existsSync, writeFileSync } from "node:fs";
import { OUT, ROOT } from "./paths.mjs";

const require = createRequire(import.meta.url);
const EVM_VERSION = "osaka";
const TARGET = `${OUT}/contracts.json`;

function sources() {
  const names = readdirSync(`${ROOT}/contracts`).filter((name) => name.endsWith(".sol")).sort();
  return Object.fromEntries(names.map((name) => [name, { content: readFileSync(`${ROOT}/contracts/${name}`, "utf8") }]));
}

function compile(input) {
  const solc = require("solc");
  const find = (path) => {
    const file = `${ROOT}/node_modules/${path}`;
    return existsSync(file) ? { contents: readFileSync(file, "utf8") } : { error: `${path} is not installed` };
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: find }));
  const errors = (output.errors ?? []).filter((entry) => entry.severity === "error");
  if (errors.length > 0) throw new Error(errors.map((entry) => entry.formattedMessage).join("\n"));
  const contracts = {};
  for (const file of Object.keys(input.sources)) {
    for (const [name, made] of Object.entries(output.contracts[file])) {
      contracts[name] = { abi: made.abi, bytecode: `0x${made.evm.bytecode.object}` };
    }
  }
  return contracts;
}

export function build() {
  const version = require("solc/package.json").version;
  const input = {
    language: "Solidity",
    sources: sources(),
    settings: {
      evmVersion: EVM_VERSION,
      optimizer: { enabled: true, runs: 200 },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
    },
  };
  const digest = createHash("sha256").update(version).update(JSON.stringify(input)).digest("hex");
  if (existsSync(TARGET) && JSON.parse(readFileSync(TARGET, "utf8")).digest === digest) return;
  mkdirSync(OUT, { recursive: true });
  writeFileSync(TARGET, JSON.stringify({ digest, contracts: compile(input) }));
}
