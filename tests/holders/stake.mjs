// The life of a stake: made, topped up, moved, freed and paid out; and what is refused. Its candidates: node2 and node3.

import { parseAbi, parseEther } from "viem";
import { assert, finish, same, test } from "../compat/lib/cases.mjs";
import { reader, walletOf } from "../compat/lib/viem.mjs";
import { ask, enough, event, holders, mined, refusal, refusalOfCast, send, sendInSpite, write } from "./lib/acts.mjs";
import { candidate, contracts, moved, movedVotes, param, reachTime, read } from "./lib/chain.mjs";

const [alice, bob, carol] = holders;
const coins = (number) => parseEther(String(number));
const voteOf = (bucket, height) => read("Staking", "votesOfBucket", [bucket], height);
const own = (account, height) => read("Staking", "bucketsByVoter", [account.address, 0, 100], height);
const bucketOfCast = "(uint64,address,uint256,uint32,int64,int64,int64,bool,address)";

/** The signature as IoTeX's pages have it, by hand. */
const iotex = parseAbi(["function createStake(string candName, uint256 amount, uint32 duration, bool autoStake, uint8[] data)"]);
let first;
let second;

await test("viem: a fresh account stakes with IoTeX's signature, and its candidate has exactly the votes", async () => {
  const args = ["node2", coins(10_000), 91, true, []];
  const call = { address: contracts.Staking.address, abi: iotex, functionName: "createStake", args };
  const gas = enough(await reader.estimateContractGas({ ...call, account: alice }));
  const receipt = await mined(await walletOf(alice).writeContract({ ...call, gas }));
  const staked = event(receipt, "Staking", "Staked");
  const { id } = await candidate("node2");
  same([staked.voter, staked.candidate], [alice.address, id], "who votes for whom");
  same([staked.amount, staked.duration, staked.autoStake], [coins(10_000), 91, true], "event");
  first = staked.bucketIndex;
  const votes = await voteOf(first);
  same(votes, await read("Staking", "votesFor", [coins(10_000), 91, true, false]), "votes of the bucket");
  // 91 days, auto-staked: 1 + ln 182 / ln 1.2 / 100 votes a coin.
  same(Number(votes) / Number(coins(10_000)), 1 + Math.log(182) / Math.log(1.2) / 100, "weight");
  same(await movedVotes("node2", receipt.blockNumber), votes, "votes of the candidate");
  await moved(alice.address, receipt, -coins(10_000), "the account");
});

await test("viem: the bucket is found by its owner, by its candidate and by its number", async () => {
  const [bucket] = await own(alice);
  same([bucket.index, bucket.stakedAmount, bucket.owner], [first, coins(10_000), alice.address], "bucket");
  same([bucket.stakedDuration, bucket.autoStake, bucket.unstakeStartTime], [91, true, 0n], "terms");
  same(await read("Staking", "bucketsByIndexes", [[first]]), [bucket], "by number");
  const all = await read("Staking", "bucketsByCandidate", ["node2", 0, 100]);
  same(all.find((entry) => entry.index === first), bucket, "by candidate");
});

await test("cast: another account stakes, and reads what viem reads", async () => {
  const receipt = await send(bob, "Staking", "createStake(string,uint256,uint32,bool,uint8[])", "node2", coins(1_000), 1, true, "[]");
  second = event(receipt, "Staking", "Staked").bucketIndex;
  await moved(bob.address, receipt, -coins(1_000), "the account");
  const votes = await ask("Staking", "votesOfBucket(uint64)(uint256)", second);
  same(BigInt(votes.split(" ")[0]), await movedVotes("node2", receipt.blockNumber), "votes");
  const printed = await ask("Staking", `bucketsByVoter(address,uint32,uint32)(${bucketOfCast}[])`, bob.address, 0, 10);
  const [bucket] = await own(bob);
  assert(printed.startsWith(`[(${second}, ${bucket.candidateAddress}, ${coins(1_000)} `), printed);
  assert(printed.endsWith(`true, ${bob.address})]`), printed);
});

await test("cast: deposit and restake add exactly the votes that the new terms have", async () => {
  const deposit = await send(bob, "Staking", "depositToStake(uint64,uint256,uint8[])", second, coins(500), "[]");
  await moved(bob.address, deposit, -coins(500), "the account");
  const height = deposit.blockNumber;
  same(await movedVotes("node2", height), (await voteOf(second, height)) - (await voteOf(second, height - 1n)), "votes by deposit");
  const restake = await send(bob, "Staking", "restake(uint64,uint32,bool,uint8[])", second, 2, true, "[]");
  const gained = (await read("Staking", "votesFor", [coins(1_500), 2, true, false])) - (await voteOf(second, restake.blockNumber - 1n));
  same(await movedVotes("node2", restake.blockNumber), gained, "votes by restake");
  same(event(restake, "Staking", "Restaked"), { bucketIndex: second, duration: 2, autoStake: true }, "event");
});

await test("cast: anybody tops up a bucket with coins sent along; they are its owner's", async () => {
  const receipt = await send(carol, "Staking", "deposit(uint64)", second, "--value", coins(500));
  await moved(carol.address, receipt, -coins(500), "the payer");
  const [bucket] = await own(bob);
  same([bucket.index, bucket.stakedAmount, bucket.owner], [second, coins(2_000), bob.address], "bucket");
});

await test("cast: a change of candidate takes all votes from one to the other", async () => {
  const receipt = await send(bob, "Staking", "changeCandidate(string,uint64,uint8[])", "node3", second, "[]");
  const votes = await voteOf(second, receipt.blockNumber);
  same(await movedVotes("node2", receipt.blockNumber), -votes, "votes of the old candidate");
  same(await movedVotes("node3", receipt.blockNumber), votes, "votes of the new candidate");
  const { from, to } = event(receipt, "Staking", "CandidateChanged");
  same([from, to], [(await candidate("node2")).id, (await candidate("node3")).id], "event");
});

await test("viem: two buckets become one, and another's account gets it", async () => {
  const staked = await write(alice, "Staking", "stake", ["node2", 91, true], coins(1_000));
  const more = event(staked, "Staking", "Staked").bucketIndex;
  await write(alice, "Staking", "mergeStake", [first, [more]]);
  same((await own(alice)).map((bucket) => bucket.stakedAmount), [coins(11_000)], "buckets");
  const given = await write(alice, "Staking", "transferStake", [carol.address, first, []]);
  same(event(given, "Staking", "BucketTransferred"), { bucketIndex: first, from: alice.address, to: carol.address }, "event");
  same([(await own(alice)).length, (await own(carol)).length], [0, 1], "buckets of both");
  same(await movedVotes("node2", given.blockNumber), 0n, "votes");
});

/** A refusal: who calls what, the typed error, and coins sent along. */
const REFUSED = [
  ["less than a bucket must hold", bob, "Staking", "createStake", ["node2", coins(99), 7, true, []], "AmountTooSmall"],
  ["less than a bucket must hold, sent along", bob, "Staking", "stake", ["node2", 7, true], "AmountTooSmall", coins(1)],
  ["a candidate that nobody knows", bob, "Staking", "createStake", ["nobody", coins(100), 7, true, []], "UnknownCandidate"],
  ["longer than a stake may be", bob, "Staking", "createStake", ["node2", coins(100), 1_051, true, []], "DurationTooLong"],
  ["more than the account has", bob, "Staking", "createStake", ["node2", coins(30_000), 7, true, []], "InsufficientBalance"],
  ["another's bucket", bob, "Staking", "changeCandidate", ["node3", () => first, []], "NotBucketOwner"],
  ["a bucket that nobody has", bob, "Staking", "unstake", [999_999n, []], "UnknownBucket"],
  ["a candidate that has the vote already", bob, "Staking", "changeCandidate", ["node3", () => second, []], "SameCandidate"],
  ["a shorter lock", bob, "Staking", "restake", [() => second, 1, true, []], "CannotShorten"],
  ["to withdraw what is staked", bob, "Staking", "withdrawStake", [() => second, []], "BucketIsStaked"],
  ["to free what renews itself", bob, "Staking", "unstake", [() => second, []], "BucketAutoStakes"],
  ["to claim without rewards", alice, "Rewards", "claim", [1n, []], "TooFewRewards"],
  ["to claim all of nothing", alice, "Rewards", "claimAll", [], "NothingToClaim"],
  ["to make public a plan without a candidate", alice, "Rewards", "setPlan", [1, 1, 1], "NotCandidateOwner"],
];

for (const [what, account, contract, functionName, given, error, value = 0n] of REFUSED) {
  await test(`viem: refused with ${error}: ${what}`, async () => {
    const args = given.map((arg) => (typeof arg === "function" ? arg() : arg));
    same((await refusal(account, contract, functionName, args, { value })).name, error, "error");
    const receipt = await sendInSpite(account, contract, functionName, args, value);
    same(receipt.logs, [], "logs");
    await moved(account.address, receipt, 0n, "the account");
    for (const name of ["node2", "node3"]) same(await movedVotes(name, receipt.blockNumber), 0n, `votes of ${name}`);
    const [before, after] = await Promise.all([own(account, receipt.blockNumber - 1n), own(account, receipt.blockNumber)]);
    same(after, before, "buckets");
  });
}

await test("cast: a bucket is free when its lock is over, and no sooner", async () => {
  const auto = await refusalOfCast(bob, "Staking", "unstake(uint64,uint8[])", second, "[]");
  same(auto, { name: "BucketAutoStakes", args: [String(second)] }, "refusal of what renews itself");
  await send(bob, "Staking", "restake(uint64,uint32,bool,uint8[])", second, 2, false, "[]");
  const [bucket] = await own(bob);
  const end = bucket.stakeStartTime + 2n * (await param("daySeconds"));
  const early = await refusal(bob, "Staking", "unstake", [second, []]);
  same(early, { name: "TooEarly", args: [second, end] }, "refusal of what is locked");
  await reachTime(end);
  const receipt = await send(bob, "Staking", "unstake(uint64,uint8[])", second, "[]");
  same(await movedVotes("node3", receipt.blockNumber), -(await voteOf(second, receipt.blockNumber - 1n)), "votes");
  same(await voteOf(second), 0n, "votes of the bucket");
  same(event(receipt, "Staking", "Unstaked").amount, coins(2_000), "event");
});

await test("cast: the coins are paid out after the wait, and no sooner", async () => {
  const [bucket] = await own(bob);
  const end = bucket.unstakeStartTime + (await param("withdrawDays")) * (await param("daySeconds"));
  const early = await refusalOfCast(bob, "Staking", "withdrawStake(uint64,uint8[])", second, "[]");
  same(early.name, "TooEarly", "refusal");
  same(BigInt(early.args[1].split(" ")[0]), end, "when, as cast tells it");
  await reachTime(end);
  const receipt = await send(bob, "Staking", "withdrawStake(uint64,uint8[])", second, "[]");
  await moved(bob.address, receipt, coins(2_000), "the account");
  same(event(receipt, "Staking", "Withdrawn"), { bucketIndex: second, owner: bob.address, amount: coins(2_000) }, "event");
  same(await own(bob), [], "buckets");
  same((await refusal(bob, "Staking", "withdrawStake", [second, []])).name, "UnknownBucket", "a second time");
});

await test("viem: the contract's coins are those of its buckets", async () => {
  const blockNumber = await reader.getBlockNumber();
  const total = await read("Staking", "totalStakingAmount", [], blockNumber);
  same(await reader.getBalance({ address: contracts.Staking.address, blockNumber }), total, "balance");
});

finish();
