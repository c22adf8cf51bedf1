//! `althing send`, `call` and `deploy`.

use crate::account::{SignerArgs, resolve};
use crate::report::{Report, both_forms};
use crate::{Exit, amount, failure::Failure, terminal};
use alloy_dyn_abi::{DynSolType, DynSolValue, FunctionExt, JsonAbiExt, Specifier};
use alloy_json_abi::Function;
use alloy_primitives::{Bytes, TxKind, U256, hex};
use alloy_sol_types::SolCall;
use althing_abi::SystemContract;
use althing_client::{Client, TransactionReceipt, TransactionRequest, Wallet, is_success};
use althing_primitives::{Address, AddressExt, parse_address};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// Options of everything that is sent.
#[derive(Clone, Debug, clap::Args)]
pub struct TransactionArgs {
    /// Whose key signs.
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
    /// Gas limit. Default: the node's estimate.
    #[arg(long)]
    gas: Option<u64>,
    /// Nonce. Default: the account's next.
    #[arg(long)]
    nonce: Option<u64>,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Print what would happen and send nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not wait for the receipt.
    #[arg(long)]
    no_wait: bool,
    /// Longest wait for the receipt in seconds.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    timeout: u64,
}

/// What `send` takes.
#[derive(Debug, clap::Args)]
pub struct SendArgs {
    /// Receiver: address (0x or io1) or name of a key.
    to: String,
    /// Amount: `1.5` (coins), `3gwei`, `100rau`.
    #[arg(default_value = "0")]
    amount: String,
    /// Function to call, e.g. `transfer(address,uint256)`, and then its arguments.
    #[arg(long, num_args = 1.., value_names = ["SIGNATURE", "ARGS"], conflicts_with = "data")]
    call: Vec<String>,
    /// Call data in hex.
    #[arg(long)]
    data: Option<Bytes>,
    /// How to send.
    #[command(flatten)]
    transaction: TransactionArgs,
}

/// What `call` takes.
#[derive(Debug, clap::Args)]
pub struct CallArgs {
    /// Contract: address (0x or io1).
    to: String,
    /// Function, e.g. `balanceOf(address)(uint256)`: with the types of its results they are decoded.
    signature: Option<String>,
    /// Its arguments.
    args: Vec<String>,
    /// Call data in hex, instead of a function.
    #[arg(long, conflicts_with = "signature")]
    data: Option<Bytes>,
    /// Account that calls.
    #[arg(long)]
    from: Option<String>,
}

/// What `deploy` takes.
#[derive(Debug, clap::Args)]
pub struct DeployArgs {
    /// File with the bytecode in hex, or a compiler's JSON artifact.
    file: PathBuf,
    /// Types of the constructor and then its arguments, e.g. `(uint256,string) 5 name`.
    #[arg(long, num_args = 1.., value_names = ["TYPES", "ARGS"])]
    constructor: Vec<String>,
    /// Coins for the constructor.
    #[arg(long, default_value = "0")]
    amount: String,
    /// How to send.
    #[command(flatten)]
    transaction: TransactionArgs,
}

pub(crate) async fn send(args: SendArgs, rpc: String) -> Result<Report, Failure> {
    let to = resolve(&args.to, &args.transaction.signer.store)?;
    let value = amount::parse(&args.amount).map_err(Failure::usage)?;
    let data = match (args.data, args.call.split_first()) {
        (Some(data), _) => data,
        (None, Some((signature, values))) => encode(&function(signature)?, values)?,
        (None, None) => Bytes::new(),
    };
    let request = TransactionRequest::default().value(value).input(data.into()).to(to);
    submit(request, &args.transaction, &rpc).await
}

pub(crate) async fn deploy(args: DeployArgs, rpc: String) -> Result<Report, Failure> {
    let text = std::fs::read_to_string(&args.file).map_err(Failure::io("read", &args.file))?;
    let mut code = bytecode(&text).map_err(|e| Failure::usage(format!("{}: {e}", args.file.display())))?;
    if let Some((types, values)) = args.constructor.split_first() {
        let function = function(&format!("constructor_{types}"))?;
        code.extend_from_slice(&encode(&function, values)?[4..]);
    }
    let value = amount::parse(&args.amount).map_err(Failure::usage)?;
    let mut request = TransactionRequest::default().value(value).input(Bytes::from(code).into());
    request.to = Some(TxKind::Create);
    submit(request, &args.transaction, &rpc).await
}

pub(crate) async fn call(args: CallArgs, rpc: String) -> Result<Report, Failure> {
    let to = parse_address(&args.to)?;
    let function = args.signature.as_deref().map(function).transpose()?;
    let data = match (&function, args.data) {
        (_, Some(data)) => data,
        (Some(function), None) => encode(function, &args.args)?,
        (None, None) => {
            return Err(Failure::usage(
                "name a function, e.g. `balanceOf(address)(uint256)`, or give --data",
            ));
        }
    };
    let mut request = TransactionRequest::default().to(to).input(data.into());
    request.from = args.from.as_deref().map(parse_address).transpose()?;
    let output = Client::new(&rpc)?.call(&request).await?;
    let values = match &function {
        Some(function) if !function.outputs.is_empty() => function
            .abi_decode_output(&output)
            .map_err(|e| Failure::new(Exit::Failure, format!("the answer {output} does not decode: {e}")))?,
        _ => Vec::new(),
    };
    let words: Vec<String> = values.iter().map(words).collect();
    let text = if words.is_empty() { output.to_string() } else { words.join("\n") };
    Ok(Report::new(json!({"output": output, "values": words}), text))
}

/// Calls a system contract in a transaction.
pub(crate) async fn invoke(
    contract: SystemContract,
    call: impl SolCall,
    value: U256,
    args: &TransactionArgs,
    rpc: &str,
) -> Result<Report, Failure> {
    let input = Bytes::from(call.abi_encode());
    let request = TransactionRequest::default().to(contract.address()).value(value);
    submit(request.input(input.into()), args, rpc).await
}

/// What became of a transaction.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// It is in a block.
    Included(Box<TransactionReceipt>),
    /// It was not sent, or not waited for.
    Open(Report),
}

/// Fills, shows, signs, sends and waits.
pub(crate) async fn submit(
    request: TransactionRequest,
    args: &TransactionArgs,
    rpc: &str,
) -> Result<Report, Failure> {
    Ok(match deliver(request, args, rpc).await? {
        Delivery::Included(receipt) => receipt_report(&receipt),
        Delivery::Open(report) => report,
    })
}

/// The same, for those who read the receipt.
pub(crate) async fn deliver(
    request: TransactionRequest,
    args: &TransactionArgs,
    rpc: &str,
) -> Result<Delivery, Failure> {
    let client = Client::new(rpc)?;
    let wallet = Wallet::new(client.clone(), args.signer.signer(&client).await?);
    let request = TransactionRequest { gas: args.gas, nonce: args.nonce, ..request };
    let filled = wallet.fill(request).await?;
    let summary = summary(&filled);
    if args.dry_run {
        let json = serde_json::to_value(&filled).expect("a request has only string keys");
        return Ok(Delivery::Open(Report::new(
            json!({"dry_run": true, "transaction": json}),
            format!("{summary}\nnothing was sent"),
        )));
    }
    if !args.yes && filled.chain_id != Some(930_931) {
        eprintln!("{summary}");
        terminal::confirm("Send?", false)?;
    }
    let (raw, hash) = wallet.sign(filled)?;
    client.send_raw(&raw).await?;
    if args.no_wait {
        return Ok(Delivery::Open(Report::new(json!({ "hash": hash }), hash.to_string())));
    }
    let receipt = wallet.wait(hash, Duration::from_secs(args.timeout)).await?;
    Ok(Delivery::Included(Box::new(receipt)))
}

fn summary(request: &TransactionRequest) -> String {
    let to = match request.to {
        Some(TxKind::Call(to)) => both_forms(to),
        _ => "a new contract".into(),
    };
    let fee =
        U256::from(request.gas.unwrap_or_default()) * U256::from(request.max_fee_per_gas.unwrap_or_default());
    format!(
        "{} coins from {} to {to}, nonce {}, fee at most {} coins",
        amount::format(request.value.unwrap_or_default()),
        request.from.map_or(String::new(), both_forms),
        request.nonce.unwrap_or_default(),
        amount::format(fee),
    )
}

/// A receipt as a report; a failed transaction has its own exit code.
pub(crate) fn receipt_report(receipt: &TransactionReceipt) -> Report {
    let fee = U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
    let success = is_success(receipt);
    let mut rows = vec![
        ("transaction", receipt.transaction_hash.to_string()),
        ("status", if success { "success, final".into() } else { "reverted".to_string() }),
        ("block", receipt.block_number.map_or("pending".into(), |height| height.to_string())),
        ("from", both_forms(receipt.from)),
        ("gas used", receipt.gas_used.to_string()),
        ("fee", format!("{} coins", amount::format(fee))),
    ];
    rows.extend(receipt.to.map(|to| ("to", both_forms(to))));
    rows.extend(receipt.contract_address.map(|contract| ("contract", both_forms(contract))));
    let mut json = serde_json::to_value(receipt).expect("a receipt has only string keys");
    json["contractAddressIo"] = receipt.contract_address.map(|a: Address| a.to_io()).into();
    let exit = if success { Exit::Ok } else { Exit::Reverted };
    Report { exit, ..Report::facts(json, &rows) }
}

/// Reads `name(types)` or `name(types)(result types)`.
pub(crate) fn function(signature: &str) -> Result<Function, Failure> {
    let text = signature.replacen(")(", ") returns (", 1);
    Function::parse(&text).map_err(|e| {
        Failure::usage(format!("`{signature}` is no function: {e}; e.g. `balanceOf(address)(uint256)`"))
    })
}

pub(crate) fn encode(function: &Function, values: &[String]) -> Result<Bytes, Failure> {
    if function.inputs.len() != values.len() {
        let (wanted, given) = (function.inputs.len(), values.len());
        return Err(Failure::usage(format!(
            "{} takes {wanted} arguments, not {given}",
            function.signature()
        )));
    }
    let value = |(param, text): (&alloy_json_abi::Param, &String)| {
        let wrong = |e: String| Failure::usage(format!("`{text}` is not a {}: {e}", param.ty));
        let ty = param.resolve().map_err(|e| wrong(e.to_string()))?;
        match ty {
            DynSolType::Address => Ok(DynSolValue::Address(parse_address(text)?)),
            ty => ty.coerce_str(text).map_err(|e| wrong(e.to_string())),
        }
    };
    let values = function.inputs.iter().zip(values).map(value).collect::<Result<Vec<_>, Failure>>()?;
    let data = function.abi_encode_input(&values).map_err(|e| Failure::usage(e.to_string()))?;
    Ok(data.into())
}

/// A decoded value as people write it.
pub(crate) fn words(value: &DynSolValue) -> String {
    match value {
        DynSolValue::Address(address) => both_forms(*address),
        DynSolValue::Uint(number, _) => number.to_string(),
        DynSolValue::Int(number, _) => number.to_string(),
        DynSolValue::Bool(flag) => flag.to_string(),
        DynSolValue::String(text) => text.clone(),
        DynSolValue::Bytes(bytes) => hex::encode_prefixed(bytes),
        DynSolValue::FixedBytes(word, size) => hex::encode_prefixed(&word[..*size]),
        DynSolValue::Function(function) => function.to_string(),
        DynSolValue::Array(all) | DynSolValue::FixedArray(all) => format!("[{}]", list(all)),
        DynSolValue::Tuple(all) => format!("({})", list(all)),
    }
}

fn list(values: &[DynSolValue]) -> String {
    values.iter().map(words).collect::<Vec<_>>().join(", ")
}

/// Bytecode of a hex file or of an artifact (`bytecode`, or `bytecode.object`).
fn bytecode(text: &str) -> Result<Vec<u8>, String> {
    let text = text.trim();
    let artifact: Option<Value> = serde_json::from_str(text).ok().filter(Value::is_object);
    let code = match &artifact {
        Some(artifact) => {
            let code = &artifact["bytecode"];
            code.as_str().or_else(|| code["object"].as_str()).ok_or("the artifact has no `bytecode`")?
        }
        None => text,
    };
    match hex::decode(code) {
        Ok(code) if code.is_empty() => {
            Err("the bytecode is empty: an interface or abstract contract?".into())
        }
        Ok(code) => Ok(code),
        Err(e) => Err(format!("the bytecode is not hex ({e}); are libraries not linked?")),
    }
}

#[cfg(test)]
mod tests;
