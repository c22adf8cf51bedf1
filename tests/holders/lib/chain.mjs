// The network as a holder's page sees it: the published interfaces, Althing's and OpenZeppelin's, reads at the head or at a height, and the
// calendar of epochs.

import { readFileSync } from "node:fs";
import { reader } from "../../compat/lib/viem.mjs";
import { assert, same, until } from "../../compat/lib/cases.mjs";

const published = JSON.parse(readFileSync(new URL("../../../docs/reference/contracts.json", import.meta.url), "utf8"));

/** Address and ABI of a system contract, with the errors that all of them have. */
function system(name) {
  const { address, abi } = published.contracts.find((entry) => entry.name === name);
  return { address, abi: [...abi, ...published.errors] };
}
const systems = ["Params", "Staking", "Election", "Poll", "RollDPoS", "Rewards", "Governance", "Upgrades"];

/** ABI and bytecode of a contract as OpenZeppelin published it. */
export function openzeppelin(name) {
  const path = `../../compat/node_modules/@openzeppelin/contracts/build/contracts/${name}.json`;
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
}

/** The system contracts, and `Governor`: `Governance` as a page sees it that knows OpenZeppelin's interfaces alone. */
export const contracts = Object.fromEntries(systems.map((name) => [name, system(name)]));
// A proposal that sets a parameter is refused with the errors of `Params`.
contracts.Governance.abi.push(...contracts.Params.abi.filter(({ type }) => type === "error"));
contracts.Governor = { address: contracts.Governance.address, abi: ["IGovernor", "IVotes"].flatMap((name) => openzeppelin(name).abi) };

/** Calls a function that only reads, at the head or at a block. */
export const read = (contract, functionName, args = [], blockNumber = undefined) =>
  reader.readContract({ ...contracts[contract], functionName, args, blockNumber });

export const param = (name) => read("Params", "valueOf", [name]);

/** The calendar, from the contract that IoTeX's pages ask. */
export const calendar = {
  firstBlock: async (epoch) => (await read("RollDPoS", "EpochHeight", [epoch]))[0],
  lastBlock: async (epoch) => (await read("RollDPoS", "EpochLastHeight", [epoch]))[0],
  epochOf: async (height) => (await read("RollDPoS", "EpochNumber", [height]))[0],
  epoch: async () => calendar.epochOf(await reader.getBlockNumber()),
  /** The block that fixes the ranking for an epoch: a quarter into the third epoch before. */
  async rankingBlock(epoch) {
    const first = await calendar.firstBlock(epoch - 3n);
    return first + ((await calendar.firstBlock(epoch - 2n)) - first) / 4n;
  },
  /** The first epoch for whose ranking a vote counts that was cast in a block. */
  async countsFrom(height) {
    const earliest = (await calendar.epochOf(height)) + 3n;
    return height <= (await calendar.rankingBlock(earliest)) ? earliest : earliest + 1n;
  },
};

/** The longest that a block takes on a busy machine, on average over many, in milliseconds. */
const SLOW_BLOCK_MS = 2_000;
/** The longest for a few blocks. */
const A_WHILE_MS = 20_000;

/** Waits for a block, with a bound that follows from how many are missing. */
export async function reach(height) {
  const missing = Math.max(0, Number(height - (await reader.getBlockNumber())));
  await until(async () => (await reader.getBlockNumber()) >= height, `block ${height}`, A_WHILE_MS + missing * SLOW_BLOCK_MS);
}

/** Waits until a moment has come by the clock of the chain. */
export const reachTime = (seconds) =>
  until(async () => (await reader.getBlock()).timestamp >= seconds, `a block of the time ${seconds}`, 90_000);

/** The first block of a second or later. */
export async function firstBlockAt(seconds) {
  await reachTime(seconds);
  let height = await reader.getBlockNumber();
  while ((await reader.getBlock({ blockNumber: height - 1n })).timestamp >= seconds) height -= 1n;
  return height;
}

/** A candidate, and its votes without those of its self-stake, which only what it does wrong can change. */
export async function candidate(name, blockNumber = undefined) {
  const found = await read("Staking", "candidateByNameV3", [name], blockNumber);
  const own = await read("Staking", "votesOfBucket", [found.selfStakeBucketIdx], blockNumber);
  return { ...found, voters: found.totalWeightedVotes - own };
}

/** How the voters' votes of a candidate moved in one block. */
export async function movedVotes(name, height) {
  const [before, after] = await Promise.all([candidate(name, height - 1n), candidate(name, height)]);
  return after.voters - before.voters;
}

/** An account's coins moved in a block by exactly this much, beside the gas of its one transaction there. */
export async function moved(address, receipt, amount, what) {
  const at = (blockNumber) => reader.getBalance({ address, blockNumber });
  const [before, after] = await Promise.all([at(receipt.blockNumber - 1n), at(receipt.blockNumber)]);
  const own = receipt.from.toLowerCase() === address.toLowerCase();
  const gas = own ? receipt.gasUsed * receipt.effectiveGasPrice : 0n;
  assert(!own || gas > 0n, `${what}: no gas was paid`);
  same(after - before + gas, amount, what);
}
