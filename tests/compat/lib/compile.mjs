// Compiles Solidity with the JavaScript build of the compiler from npm, always with the same settings.

import { createRequire } from "node:module";
import { existsSync, readFileSync } from "node:fs";
import { ROOT } from "./paths.mjs";

const require = createRequire(import.meta.url);
const EVM_VERSION = "osaka";

export const compilerVersion = () => require("solc/package.json").version;

/** The compiler's input for sources, a text for each file name. */
export function inputOf(sources) {
  return {
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([name, content]) => [name, { content }])),
    settings: {
      evmVersion: EVM_VERSION,
      optimizer: { enabled: true, runs: 200 },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
    },
  };
}

/** ABI and bytecode of every contract of the sources. Imports are looked for in node_modules. */
export function compile(input) {
  const find = (path) => {
    const file = `${ROOT}/node_modules/${path}`;
    return existsSync(file) ? { contents: readFileSync(file, "utf8") } : { error: `${path} is not installed` };
  };
  const output = JSON.parse(require("solc").compile(JSON.stringify(input), { import: find }));
  const errors = (output.errors ?? []).filter((entry) => entry.severity === "error");
  if (errors.length > 0) throw new Error(errors.map((entry) => entry.formattedMessage).join("\n"));
  const contracts = {};
  for (const file of Object.keys(input.sources)) {
    for (const [name, made] of Object.entries(output.contracts[file])) {
      const code = (kind) => `0x${made.evm[kind].object}`;
      contracts[name] = { abi: made.abi, bytecode: code("bytecode"), runtime: code("deployedBytecode") };
    }
  }
  return contracts;
}
