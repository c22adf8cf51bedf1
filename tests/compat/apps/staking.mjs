// The staking contract as IoTeX's tools and any wallet use it: viem and cast, with the published interface, register, stake, vote and leave.

import { readFileSync } from "node:fs";
import { keccak256, parseEther, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { assert, failure, finish, same, settings, test, url } from "../lib/cases.mjs";
import { command, foundry } from "../lib/foundry.mjs";
import { ROOT } from "../lib/paths.mjs";
import { reader, walletOf } from "../lib/viem.mjs";

const published = JSON.parse(readFileSync(`${ROOT}/../../docs/reference/contracts.json`, "utf8")).contracts;
const { address, abi } = published.find((entry) => entry.name === "Staking");
const params = published.find((entry) => entry.name === "Params");
const [owner, voter, other] = settings.keys.map((key) => privateKeyToAccount(key));
const name = (prefix) => `${prefix}${keccak256(toHex(settings.keys[0])).slice(2, 10)}`;
const [first, second] = [name("a"), name("b")];
const operatorOf = (account) => privateKeyToAccount(keccak256(account.address)).address;

const read = (functionName, args = []) => reader.readContract({ address, abi, functionName, args });
async function write(account, functionName, args, value = 0n) {
  const { request } = await reader.simulateContract({ account, address, abi, functionName, args, value });
  const hash = await walletOf(account).writeContract(request);
  const receipt = await reader.waitForTransactionReceipt({ hash });
  same(receipt.status, "success", functionName);
  return receipt;
}
/** The name of the typed error that a call is refused with. */
async function refusal(account, functionName, args) {
  const error = await failure(reader.simulateContract({ account, address, abi, functionName, args }), functionName);
  return error.walk((cause) => cause.name === "ContractFunctionRevertedError")?.data?.errorName;
}
const eventsOf = (receipt, eventName) =>
  reader.getContractEvents({ address, abi, eventName, fromBlock: receipt.blockNumber, toBlock: receipt.blockNumber });

await test("two candidates register with the form that IoTeX's tools send", async () => {
  for (const [account, candidate] of [[owner, first], [other, second]]) {
    const args = [candidate, operatorOf(account), account.address, account.address, 0n, 0, false, []];
    const receipt = await write(account, "candidateRegister", args);
    assert((await eventsOf(receipt, "CandidateRegistered")).some((event) => event.args.name === candidate), "no event");
  }
  const found = await read("candidateByName", [first]);
  same([found.ownerAddress, found.totalWeightedVotes], [owner.address, 0n], "candidate");
  same(await refusal(voter, "candidateRegister", [first, voter.address, voter.address, voter.address, 0n, 0, false, []]), "NameTaken", "error");
});

let bucket;

await test("a voter stakes, and the votes are the weighted amount", async () => {
  const receipt = await write(voter, "createStake", [first, parseEther("200"), 7, true, []]);
  const [staked] = (await eventsOf(receipt, "Staked")).filter((event) => event.args.voter === voter.address);
  bucket = staked.args.bucketIndex;
  const votes = await read("votesOfBucket", [bucket]);
  // 7 days, auto-staked: 1.1447474108943525 votes a coin.
  same(Number(votes) / Number(parseEther("200")), 1.1447474108943525, "weight");
  same((await read("candidateByName", [first])).totalWeightedVotes, votes, "votes of the candidate");
  const [own] = await read("bucketsByVoter", [voter.address, 0, 10]);
  same([own.index, own.stakedAmount, own.stakedDuration, own.autoStake], [bucket, parseEther("200"), 7, true], "bucket");
});

await test("deposit, change of candidate, merger", async () => {
  await write(voter, "depositToStake", [bucket, parseEther("50"), []]);
  await write(voter, "changeCandidate", [second, bucket, []]);
  const candidate = await read("candidateByName", [second]);
  same(candidate.totalWeightedVotes, await read("votesOfBucket", [bucket]), "votes of the new candidate");
  same((await read("candidateByName", [first])).totalWeightedVotes, 0n, "votes of the old candidate");
  const receipt = await write(voter, "stake", [second, 7, true], parseEther("100"));
  const [more] = (await eventsOf(receipt, "Staked")).filter((event) => event.args.voter === voter.address);
  await write(voter, "mergeStake", [bucket, [more.args.bucketIndex]]);
  const [own] = await read("bucketsByIndexes", [[bucket]]);
  same(own.stakedAmount, parseEther("350"), "amount");
});

await test("refusals are typed errors that viem decodes", async () => {
  same(await refusal(voter, "unstake", [bucket, []]), "BucketAutoStakes", "unstake");
  same(await refusal(owner, "unstake", [bucket, []]), "NotBucketOwner", "another's bucket");
  same(await refusal(voter, "withdrawStake", [bucket, []]), "BucketIsStaked", "withdraw");
  same(await refusal(voter, "createStake", ["nobody", parseEther("100"), 0, false, []]), "UnknownCandidate", "candidate");
  same(await refusal(voter, "createStake", [first, 1n, 0, false, []]), "AmountTooSmall", "amount");
});

await test("cast stakes, unstakes and reads the numbers in force", async () => {
  const cast = (...args) => command(foundry("cast"), args, { ETH_RPC_URL: url });
  const key = settings.keys[2];
  const send = async (...args) => JSON.parse(await cast("send", "--json", "--private-key", key, address, ...args));
  const receipt = await send("stake(string,uint32,bool)", first, "0", "false", "--value", "100ether");
  same(receipt.status, "0x1", "stake");
  const [own] = (await read("bucketsByVoter", [other.address, 0, 10])).slice(-1);
  same((await send("unstake(uint64,uint8[])", String(own.index), "[]")).status, "0x1", "unstake");
  same(await cast("call", address, "votesOfBucket(uint64)(uint256)", String(own.index)), "0", "votes");
  same(await refusal(other, "withdrawStake", [own.index, []]), "TooEarly", "withdraw");
  const least = await cast("call", params.address, "valueOf(string)(uint256)", "minBucket", "--json");
  same(BigInt(JSON.parse(least)[0]), parseEther("100"), "minBucket");
});

await test("coins in the contract are those of its buckets", async () => {
  // Other runs may stake between two reads at the head, so both are of one block.
  const blockNumber = await reader.getBlockNumber();
  const total = await reader.readContract({ address, abi, functionName: "totalStakingAmount", blockNumber });
  same(await reader.getBalance({ address, blockNumber }), total, "balance");
});

finish();
