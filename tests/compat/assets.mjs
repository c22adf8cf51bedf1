// Bytecode that the program carries beside its source: compiles the source and compares, or writes with --write.
// `node tests/compat/assets.mjs [--write]`, after run.sh has installed the compiler; run.mjs compares on every run.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { compile, compilerVersion, inputOf } from "./lib/compile.mjs";
import { ROOT } from "./lib/paths.mjs";

const CRATES = `${ROOT}/../../crates`;

const compileOne = (folder, source) =>
  compile(inputOf({ [source]: readFileSync(`${CRATES}/${folder}/${source}`, "utf8") }));

const bytecodeOf = (source) => {
  const contracts = compileOne("cli/assets", source);
  const bytecode = Object.fromEntries(Object.entries(contracts).map(([name, made]) => [name, made.bytecode]));
  return `${JSON.stringify({ compiler: `solc ${compilerVersion()}`, source, ...bytecode }, null, 2)}\n`;
};

/** What each file must hold. */
const ASSETS = {
  "cli/assets/swap.json": () => bytecodeOf("Swap.sol"),
  "cli/assets/fill.json": () => bytecodeOf("Fill.sol"),
  "execution/assets/executor.hex": () => `${compileOne("execution/assets", "Executor.sol").Executor.runtime}\n`,
};

/** Throws when a file is not what the compiler makes of its source. */
export function checkAssets() {
  for (const [file, make] of Object.entries(ASSETS)) {
    if (readFileSync(`${CRATES}/${file}`, "utf8") !== make()) {
      throw new Error(`crates/${file} is stale: run \`node tests/compat/assets.mjs --write\` and commit it`);
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes("--write")) {
    for (const [file, make] of Object.entries(ASSETS)) writeFileSync(`${CRATES}/${file}`, make());
  } else checkAssets();
}
