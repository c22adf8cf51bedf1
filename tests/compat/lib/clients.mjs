// The clients of the suite, in the order in which they start: the slowest first. `nodes` is how many nodes a client needs, `coins` what each of its
// accounts gets.

import { readFileSync } from "node:fs";
import { ROOT } from "./paths.mjs";

const script = (path) => [process.execPath, path];

/** The version that package.json or requirements.txt pins. */
function pinned(name) {
  const wanted = JSON.parse(readFileSync(`${ROOT}/package.json`, "utf8")).dependencies;
  if (wanted[name]) return wanted[name];
  const line = new RegExp(`^${name}==(\\S+)`, "m").exec(readFileSync(`${ROOT}/requirements.txt`, "utf8"));
  if (!line) throw new Error(`neither package.json nor requirements.txt pins ${name}`);
  return line[1];
}

export const CLIENTS = [
  { name: "openzeppelin", command: script("apps/openzeppelin.mjs"), is: `OpenZeppelin contracts ${pinned("@openzeppelin/contracts")} through ethers` },
  { name: "forge", command: script("clients/forge.mjs"), is: `Foundry forge ${pinned("@foundry-rs/forge")}` },
  { name: "hardhat", command: script("clients/hardhat.mjs"), is: `Hardhat ${pinned("hardhat")}` },
  { name: "viem", command: script("clients/viem.mjs"), is: `viem ${pinned("viem")}` },
  { name: "ethers", command: script("clients/ethers.mjs"), is: `ethers ${pinned("ethers")}` },
  { name: "web3py", command: [`${ROOT}/.venv/bin/python`, "clients/web3py.py"], is: `web3.py ${pinned("web3")}` },
  { name: "cast", command: script("clients/cast.mjs"), is: `Foundry cast ${pinned("@foundry-rs/cast")}` },
  { name: "uniswap", command: script("apps/uniswap.mjs"), is: `Uniswap v2 core ${pinned("@uniswap/v2-core")} through viem` },
  { name: "safe", command: script("apps/safe.mjs"), is: `Safe ${pinned("@safe-global/safe-smart-account")} through ethers` },
  { name: "staking", command: script("apps/staking.mjs"), coins: 1_000, is: "the staking contract through viem and cast" },
  { name: "metamask", command: script("clients/metamask.mjs"), is: "MetaMask's calls, replayed" },
  { name: "graph", command: script("clients/graph.mjs"), is: "graph-node's calls, replayed" },
  { name: "otterscan", command: script("clients/otterscan.mjs"), is: "Otterscan's calls, replayed" },
  { name: "blockscout", command: script("clients/blockscout.mjs"), is: "Blockscout's calls, replayed" },
  { name: "ethereumjs", command: script("clients/ethereumjs.mjs"), is: `@ethereumjs/block ${pinned("@ethereumjs/block")}` },
  { name: "nodes", command: script("clients/nodes.mjs"), nodes: 2, is: "several nodes, through viem" },
];
