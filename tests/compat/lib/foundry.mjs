// Runs the programs of Foundry that npm installed, and other commands.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { ROOT } from "./paths.mjs";

/** The longest output of one command, in bytes. */
const MAX_OUTPUT = 16 * 1024 * 1024;
const ARCHITECTURES = { x64: "amd64", arm64: "arm64" };

/** The program itself, not npm's launcher of it, which costs a process more. */
export function foundry(tool) {
  const path = `${ROOT}/node_modules/@foundry-rs/${tool}-${process.platform}-${ARCHITECTURES[process.arch]}/bin/${tool}`;
  if (!existsSync(path)) throw new Error(`${path} is missing: does Foundry support this platform?`);
  return path;
}

/** Runs a command; resolves to what it printed, rejects with what it complained of. */
export function command(path, args, environment = {}, cwd = ROOT) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, FOUNDRY_DISABLE_NIGHTLY_WARNING: "1", ...environment };
    execFile(path, args, { cwd, env, maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${`${stderr}\n${stdout}`.trim().slice(-600)}`));
      else resolve(stdout.trim());
    });
  });
}
