// Compiles contracts/*.sol into .out/contracts.json; does nothing when they are unchanged.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, existsSync, writeFileSync } from "node:fs";
import { compile, compilerVersion, inputOf } from "./compile.mjs";
import { OUT, ROOT } from "./paths.mjs";

const TARGET = `${OUT}/contracts.json`;

function sources() {
  const names = readdirSync(`${ROOT}/contracts`).filter((name) => name.endsWith(".sol")).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(`${ROOT}/contracts/${name}`, "utf8")]));
}

export function build() {
  const input = inputOf(sources());
  const digest = createHash("sha256").update(compilerVersion()).update(JSON.stringify(input)).digest("hex");
  if (existsSync(TARGET) && JSON.parse(readFileSync(TARGET, "utf8")).digest === digest) return;
  mkdirSync(OUT, { recursive: true });
  writeFileSync(TARGET, JSON.stringify({ digest, contracts: compile(input) }));
}
