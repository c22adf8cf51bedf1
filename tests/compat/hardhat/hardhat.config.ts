// A Hardhat project whose network is the one under test.

import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatNodeTestRunner from "@nomicfoundation/hardhat-node-test-runner";
import { defineConfig } from "hardhat/config";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";

const compiler = dirname(createRequire(import.meta.url).resolve("solc/package.json"));

export default defineConfig({
  plugins: [hardhatEthers, hardhatNodeTestRunner],
  solidity: {
    version: "0.8.37",
    path: resolve(compiler, "soljson.js"),
    settings: { evmVersion: "osaka", optimizer: { enabled: true, runs: 200 } },
  },
  paths: { sources: "./contracts", tests: { nodejs: "./test" } },
  networks: {
    live: {
      type: "http",
      chainType: "l1",
      url: process.env.COMPAT_URL ?? "http://127.0.0.1:8545",
      accounts: (process.env.COMPAT_KEYS ?? "").split(",").filter(Boolean),
    },
  },
});
