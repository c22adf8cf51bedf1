// Bytecode that the program carries beside its source: compiles the source and compares, or writes with --write.
// `node tests/compat/assets.mjs [--write]`, after run.sh has installed the compiler; run.mjs compares on every run.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { compile, compilerVersion, inputOf } from "./lib/compile.mjs";
import { ROOT } from "./lib/paths.mjs";

const FOLDER = `${ROOT}/../../crates/cli/assets`;
const SOURCE = "Swap.sol";
const TARGET = `${FOLDER}/swap.json`;

function compiled() {
  const contracts = compile(inputOf({ [SOURCE]: readFileSync(`${FOLDER}/${SOURCE}`, "utf8") }));
  const bytecode = Object.fromEntries(Object.entries(contracts).map(([name, made]) => [name, made.bytecode]));
  return `${JSON.stringify({ compiler: `solc ${compilerVersion()}`, source: SOURCE, ...bytecode }, null, 2)}\n`;
}

/** Throws when the bytecode is not what the compiler makes of the source. */
export function checkAssets() {
  if (readFileSync(TARGET, "utf8") !== compiled()) {
    throw new Error(`crates/cli/assets/swap.json is stale: run \`node tests/compat/assets.mjs --write\` and commit it`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes("--write")) writeFileSync(TARGET, compiled());
  else checkAssets();
}
