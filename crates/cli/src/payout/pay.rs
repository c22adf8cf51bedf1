//! Paying: the one place that signs and sends, in an order in which no crash can pay anybody twice.
//!
//! 1. Transfers that an earlier run signed are brought to their end: in a block, or their nonce used by another transaction.
//! 2. The account's nonce is read, and nothing of it waits in the pool.
//! 3. The chain is asked who was paid. What comes after 2 has that nonce or a later one.
//! 4. Transfers are signed from that nonce on, each on disk before it is sent. If any other transaction of the account came
//!    between, the node refuses the nonce.

use super::due::Facts;
use super::gather::payments_of;
use super::ledger::{Ledger, Signed};
use super::statement::{Payment, Request, Statement, Transfer};
use crate::report::both_forms;
use crate::{Exit, amount, failure::Failure, terminal::Progress};
use alloy_consensus::{Transaction as _, TxEnvelope};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{B256, Bytes, U256};
use althing_client::{Client, ClientError, Fees, RECEIPT_POLL, TransactionRequest, Wallet, is_success};
use althing_primitives::{Address, Height};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Transfers that wait for a block at a time.
const IN_FLIGHT: usize = 16;

/// A run of payments from one account.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) client: Client,
    pub(super) wallet: Wallet,
    pub(super) ledger: Ledger,
    /// Longest wait for a block.
    pub(super) patience: Duration,
}

/// What is needed to know who was paid.
#[derive(Clone, Debug)]
pub(super) struct Books<'a> {
    pub(super) facts: &'a Facts,
    pub(super) payers: &'a BTreeSet<Address>,
    /// No payment is older than this block.
    pub(super) since: Height,
    pub(super) request: Request,
}

/// What a run would send.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Each with its gas.
    pub(super) transfers: Vec<(Transfer, u64)>,
    /// Owners whose account does not take the coins.
    pub(super) refused: BTreeMap<Address, String>,
    pub(super) total: U256,
    /// The most that the transfers may cost.
    pub(super) fee: U256,
}

impl Books<'_> {
    /// The account by what the chain says now.
    pub(super) async fn statement(&self, client: &Client) -> Result<Statement, Failure> {
        let mut found = BTreeMap::new();
        for payer in self.payers {
            payments_of(client, *payer, self.since, &mut found).await?;
        }
        let payments: Vec<Payment> = found.into_values().collect();
        Ok(Statement::new(self.facts, &payments, self.request.clone()))
    }
}

impl Run {
    /// Pays what is open, if `agree` lets it; gives the account as it was before, and what was sent.
    pub(super) async fn pay(
        &mut self,
        books: &Books<'_>,
        progress: &Progress,
        agree: impl FnOnce(&Statement, &Plan) -> Result<(), Failure>,
    ) -> Result<(Statement, Plan), Failure> {
        self.finish(progress).await?;
        let nonce = self.idle_nonce().await?;
        let statement = books.statement(&self.client).await?;
        let plan = self.plan(statement.transfers()).await?;
        if !plan.transfers.is_empty() {
            agree(&statement, &plan)?;
            self.send_all(&plan, nonce, progress).await?;
        }
        Ok((statement, plan))
    }

    /// Brings the transfers of earlier runs to their end.
    async fn finish(&mut self, progress: &Progress) -> Result<(), Failure> {
        let pending = self.ledger.pending();
        for same in &pending {
            let Some(last) = same.last() else { continue };
            if self.conclude(same).await?.is_none() {
                progress.step(format!("sending transfer {} of an earlier run again", last.hash));
                self.send_again(last).await?;
            }
        }
        for same in self.ledger.pending() {
            self.wait(&same).await?;
        }
        Ok(())
    }

    /// Sends a signed transfer once more, or the same with higher fees when its own do not suffice any more.
    async fn send_again(&mut self, signed: &Signed) -> Result<(), Failure> {
        let wrong = |what: String| {
            Failure::new(Exit::Failure, format!("transfer {} of the ledger: {what}", signed.hash))
        };
        let old =
            TxEnvelope::decode_2718(&mut signed.raw.as_ref()).map_err(|error| wrong(error.to_string()))?;
        let fees = self.client.fees().await?;
        let base = fees.max_fee.saturating_sub(fees.tip) / 2;
        if old.max_fee_per_gas() >= base {
            return self.hand_over(signed).await.map(drop);
        }
        if self.wallet.address() != signed.payer {
            return Err(wrong(format!(
                "its fees are too low now, and only {} can raise them: run with that account",
                both_forms(signed.payer)
            )));
        }
        // Pools replace a transaction when both fees rise by a tenth; an eighth is enough.
        let raised = |old: u128, now: u128| now.max(old.saturating_add(old / 8).saturating_add(1));
        let tip = raised(old.max_priority_fee_per_gas().unwrap_or_default(), fees.tip);
        let fees = Fees { max_fee: raised(old.max_fee_per_gas(), fees.max_fee).max(tip), tip };
        let request = TransactionRequest::default()
            .to(signed.to)
            .value(old.value())
            .input(old.input().clone().into())
            .nonce(signed.nonce)
            .gas_limit(old.gas_limit());
        let again = self.sign(request, fees, &signed.memo).await?;
        self.hand_over(&again).await.map(drop)
    }

    /// Whether a nonce is used: nothing if it is not, else whether one of the transfers that have it is in a block. They are
    /// noted as final or void then.
    async fn conclude(&mut self, same: &[Signed]) -> Result<Option<bool>, Failure> {
        let Some(Signed { payer, nonce, .. }) = same.last() else { return Ok(Some(false)) };
        // The nonce first: whoever used it then has its receipt already.
        if self.client.final_nonce(*payer).await? <= *nonce {
            return Ok(None);
        }
        let mut is_ours = false;
        for signed in same {
            match self.client.receipt(signed.hash).await? {
                Some(receipt) => {
                    is_ours = true;
                    let height = receipt.block_number.unwrap_or_default();
                    self.ledger.is_final(signed.hash, height, is_success(&receipt))?;
                }
                None => self.ledger.is_void(signed.hash)?,
            }
        }
        Ok(Some(is_ours))
    }

    /// Waits until the nonce of transfers is used; says whether one of them has it.
    async fn wait(&mut self, same: &[Signed]) -> Result<bool, Failure> {
        let deadline = Instant::now() + self.patience;
        loop {
            if let Some(is_ours) = self.conclude(same).await? {
                return Ok(is_ours);
            }
            if Instant::now() >= deadline {
                let hashes: Vec<String> = same.iter().map(|signed| signed.hash.to_string()).collect();
                return Err(Failure::new(
                    Exit::Timeout,
                    format!(
                        "transfer {} was not included within {} s. It is in the ledger: the same command goes on with it, with higher fees if it needs them",
                        hashes.join(", "),
                        self.patience.as_secs()
                    ),
                ));
            }
            sleep(RECEIPT_POLL).await;
        }
    }

    /// The account's next nonce, when nothing of it waits in the pool.
    async fn idle_nonce(&self) -> Result<u64, Failure> {
        let account = self.wallet.address();
        let nonce = self.client.final_nonce(account).await?;
        let waiting = self.client.nonce(account).await?.saturating_sub(nonce);
        if waiting == 0 {
            return Ok(nonce);
        }
        Err(Failure::new(
            Exit::Failure,
            format!(
                "{waiting} transactions of {} wait in the node's pool: they may be payments. Wait until they are in blocks, and run again",
                both_forms(account)
            ),
        ))
    }

    /// What the transfers cost; those that would revert are left out. The account must have the coins.
    async fn plan(&self, transfers: Vec<Transfer>) -> Result<Plan, Failure> {
        let from = self.wallet.address();
        let (fees, balance) = (self.client.fees().await?, self.client.balance(from).await?);
        let mut plan = Plan::default();
        let total: U256 = transfers.iter().map(|transfer| transfer.amount).sum();
        check_balance(from, balance, total, U256::ZERO)?;
        for transfer in transfers {
            match self.client.estimate_gas(&request(&transfer).from(from)).await {
                Ok(gas) => {
                    plan.total += transfer.amount;
                    plan.fee += U256::from(gas) * U256::from(fees.max_fee);
                    plan.transfers.push((transfer, gas));
                }
                Err(ClientError::Reverted { reason, .. }) => {
                    plan.refused.insert(transfer.to, reason);
                }
                Err(error) => return Err(error.into()),
            }
        }
        check_balance(from, balance, plan.total, plan.fee)?;
        Ok(plan)
    }

    async fn send_all(&mut self, plan: &Plan, first: u64, progress: &Progress) -> Result<(), Failure> {
        let all = plan.transfers.len();
        let mut nonce = first;
        for (number, part) in plan.transfers.chunks(IN_FLIGHT).enumerate() {
            let fees = self.client.fees().await?;
            let mut sent = Vec::new();
            for (transfer, gas) in part {
                let memo = transfer.memo.to_string();
                let signed = self.sign(request(transfer).nonce(nonce).gas_limit(*gas), fees, &memo).await?;
                if !self.hand_over(&signed).await? {
                    return Err(overtaken(&signed));
                }
                sent.push(signed);
                nonce = nonce.saturating_add(1);
            }
            for signed in sent {
                if !self.wait(std::slice::from_ref(&signed)).await? {
                    return Err(overtaken(&signed));
                }
            }
            let done = (number * IN_FLIGHT).saturating_add(part.len());
            progress.step(format!("{done} of {all} transfers are final"));
        }
        Ok(())
    }

    /// Signs a transfer and notes it.
    async fn sign(&mut self, request: TransactionRequest, fees: Fees, memo: &str) -> Result<Signed, Failure> {
        let request = TransactionRequest {
            max_fee_per_gas: Some(fees.max_fee),
            max_priority_fee_per_gas: Some(fees.tip),
            ..request
        };
        let request = self.wallet.fill(request).await?;
        let to = request.to.and_then(|to| to.to().copied()).unwrap_or_default();
        let (nonce, amount) = (request.nonce.unwrap_or_default(), request.value.unwrap_or_default());
        let (raw, hash): (Bytes, B256) = self.wallet.sign(request)?;
        let payer = self.wallet.address();
        let signed = Signed { hash, payer, nonce, to, amount: amount.to_string(), memo: memo.into(), raw };
        self.ledger.signed(signed.clone())?;
        Ok(signed)
    }

    /// Gives a noted transfer to the node; not taken only if its nonce is used already.
    async fn hand_over(&self, signed: &Signed) -> Result<bool, Failure> {
        match self.client.send_raw(&signed.raw).await {
            Ok(_) => Ok(true),
            Err(ClientError::Rpc { message, .. }) if message.contains("already known") => Ok(true),
            Err(ClientError::Rpc { message, .. }) if message.contains("nonce too low") => Ok(false),
            Err(error) => {
                let why = Failure::from(error);
                let text = format!(
                    "transfer {} (nonce {}) to {} was not taken: {}. It is in the ledger, and nobody is paid twice: run again when that is mended",
                    signed.hash,
                    signed.nonce,
                    both_forms(signed.to),
                    why.message
                );
                Err(Failure::new(why.exit, text))
            }
        }
    }
}

fn overtaken(signed: &Signed) -> Failure {
    Failure::new(
        Exit::Failure,
        format!(
            "another transaction of {} came between and has nonce {}: let nothing else use this account during a payout, and run again; nobody is paid twice",
            both_forms(signed.payer),
            signed.nonce
        ),
    )
}

fn request(transfer: &Transfer) -> TransactionRequest {
    let data = Bytes::from(transfer.memo.to_string().into_bytes());
    TransactionRequest::default().to(transfer.to).value(transfer.amount).input(data.into())
}

fn check_balance(account: Address, balance: U256, total: U256, fee: U256) -> Result<(), Failure> {
    let needed = total.saturating_add(fee);
    if balance >= needed {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Failure,
        format!(
            "{} has {} coins, and {} are needed, {} of them for fees at most: nothing was sent. Send it {} more, pay fewer epochs, or raise --min",
            both_forms(account),
            amount::format(balance),
            amount::format(needed),
            amount::format(fee),
            amount::format(needed.saturating_sub(balance)),
        ),
    ))
}
