// What votes earn: a candidate promises its voters a share, epochs end, and the coins are claimed, by their owner or by anybody for it.
// Its candidate: node1, which belongs to the second account of the development mnemonic.

import { parseEther } from "viem";
import { assert, finish, same, test } from "../compat/lib/cases.mjs";
import { reader } from "../compat/lib/viem.mjs";
import { ask, developer, event, holders, refusal, refusalOfCast, send, sendInSpite, write } from "./lib/acts.mjs";
import { calendar, candidate, contracts, moved, movedVotes, param, reach, read } from "./lib/chain.mjs";

const [carol, dave, erin] = holders;
const owner = developer(1);
const NAME = "node1";
/** The longest of the cases that wait for epochs, in milliseconds. */
const EPOCHS_MS = 300_000;
/** What a sum per vote counts in. */
const SCALE = 2n ** 112n;
/** The kind of a payment out of the voters' pool. */
const TO_VOTER = 9;

const unclaimed = (account, height) => read("Rewards", "unclaimedBalance", [account.address], height);
const perVote = async (id, height) => (await read("Rewards", "shares", [id], height)).perVote;
let id;
let promisedFrom;
let earnsFrom;
const buckets = {};

await test("viem: a candidate promises its voters a part, in force after its notice", async () => {
  id = (await candidate(NAME)).id;
  const receipt = await write(owner, "Rewards", "setPlan", [5_000, 8_000, 0]);
  const announced = event(receipt, "Rewards", "PlanAnnounced");
  promisedFrom = (await calendar.epochOf(receipt.blockNumber)) + (await param("planNoticeEpochs"));
  same([announced.candidate, announced.epochShare, announced.fromEpoch], [id, 8_000, promisedFrom], "event");
  const plans = await read("Rewards", "planOf", [id]);
  same([plans.present.epochShare, plans.next.epochShare, plans.fromEpoch], [0, 8_000, promisedFrom], "plans");
});

await test("viem and cast: two voters stake for it", async () => {
  const staked = await write(carol, "Staking", "stake", [NAME, 91, true], parseEther("50000"));
  buckets.carol = event(staked, "Staking", "Staked").bucketIndex;
  const sent = await send(dave, "Staking", "stake(string,uint32,bool)", NAME, 91, true, "--value", parseEther("100000"));
  buckets.dave = event(sent, "Staking", "Staked").bucketIndex;
  earnsFrom = await calendar.countsFrom(sent.blockNumber);
  same(await unclaimed(carol), 0n, "before an epoch of theirs has ended");
  same((await refusal(carol, "Rewards", "claimAll", [])).name, "NothingToClaim", "refusal");
});

await test("viem: votes earn from the epoch for whose ranking they counted, and each its part to the Rau", async () => {
  assert(promisedFrom <= earnsFrom, `the plan is in force from epoch ${promisedFrom}, the votes earn from ${earnsFrom}`);
  const last = await calendar.lastBlock(earnsFrom);
  await reach(last);
  const grown = (await perVote(id, last)) - (await perVote(id, last - 1n));
  assert(grown > 0n, "the voters' sum per vote did not grow");
  const votes = await read("Staking", "votesOfBucket", [buckets.dave], last);
  same(await unclaimed(dave, last - 1n), 0n, "before the end of the epoch");
  same(await unclaimed(dave, last), (votes * grown) / SCALE, "after the end of the epoch");
  const { toVoters } = await read("Rewards", "epochRewards", [earnsFrom]);
  assert(toVoters >= (await unclaimed(dave, last)) + (await unclaimed(carol, last)), "they got more than all voters");
  const paid = await reader.getContractEvents({ ...contracts.Rewards, eventName: "Rewarded", args: { candidate: id, kind: 3 }, fromBlock: last, toBlock: last });
  same(paid.map(({ args }) => args.amount), [toVoters], "the voters' part in the log of the block");
}, EPOCHS_MS);

/** What an account could claim fell in a block by exactly what it was paid, if no epoch ended with it. */
async function claimed(account, receipt, amount) {
  const height = receipt.blockNumber;
  if (height === (await calendar.lastBlock(await calendar.epochOf(height)))) return;
  same((await unclaimed(account, height - 1n)) - (await unclaimed(account, height)), amount, "what could be claimed");
}

await test("cast: a voter claims a part, and has exactly that more, less the gas", async () => {
  const printed = await ask("Rewards", "unclaimedBalance(address)(uint256)", dave.address);
  const amount = BigInt(printed.split(" ")[0]) / 2n;
  assert(amount > 0n, "nothing to claim");
  const receipt = await send(dave, "Rewards", "claim(uint256,uint8[])", amount, "[]");
  await moved(dave.address, receipt, amount, "the account");
  await claimed(dave, receipt, amount);
  const { from, to, kind, amount: told } = event(receipt, "Rewards", "Transfer");
  same([from.toLowerCase(), to, kind, told], [contracts.Rewards.address, dave.address, TO_VOTER, amount], "event");
});

await test("viem: the rest, all at once", async () => {
  const receipt = await write(dave, "Rewards", "claimAll", []);
  const { amount } = event(receipt, "Rewards", "Transfer");
  await moved(dave.address, receipt, amount, "the account");
  await claimed(dave, receipt, amount);
});

await test("viem: a stranger lets a voter be paid, and pays the gas", async () => {
  const amount = await unclaimed(carol);
  const receipt = await write(erin, "Rewards", "claimFor", [amount, carol.address, []]);
  await moved(carol.address, receipt, amount, "the voter");
  await moved(erin.address, receipt, 0n, "the stranger");
  await claimed(carol, receipt, amount);
  same(event(receipt, "Rewards", "Transfer").to, carol.address, "event");
});

await test("cast: more than there is, and an address that is none, are refused by name", async () => {
  const much = await refusalOfCast(carol, "Rewards", "claim(uint256,uint8[])", parseEther("900000000"), "[]");
  same([much.name, much.args[0]], ["TooFewRewards", carol.address], "refusal");
  const text = await refusalOfCast(erin, "Rewards", "claimFor(uint256,string,uint8[])", 1, "io1nobody", "[]");
  same(text, { name: "BadAddress", args: ['"io1nobody"'] }, "refusal of the text");
  const receipt = await sendInSpite(carol, "Rewards", "claim", [parseEther("900000000"), []]);
  await moved(carol.address, receipt, 0n, "the account");
});

await test("cast: rewards grow into a bucket when its owner lets them", async () => {
  const epoch = await calendar.epoch();
  same((await refusal(erin, "Rewards", "compound", [[buckets.carol]])).name, "DoesNotCompound", "before its owner lets it");
  await send(carol, "Rewards", "setAutoCompound(uint64,bool)", buckets.carol, true);
  await reach((await calendar.lastBlock(epoch)) + 1n);
  const receipt = await write(erin, "Rewards", "compound", [[buckets.carol]]);
  const { owner: whose, amount } = event(receipt, "Rewards", "Compounded");
  assert(whose === carol.address && amount > 0n, `${amount} of ${whose}`);
  await moved(carol.address, receipt, 0n, "the owner");
  const at = async (height) => (await read("Staking", "bucketsByIndexes", [[buckets.carol]], height))[0].stakedAmount;
  same((await at(receipt.blockNumber)) - (await at(receipt.blockNumber - 1n)), amount, "the bucket");
  const votes = (height) => read("Staking", "votesOfBucket", [buckets.carol], height);
  const height = receipt.blockNumber;
  same(await movedVotes(NAME, height), (await votes(height)) - (await votes(height - 1n)), "votes");
}, EPOCHS_MS);

finish();
