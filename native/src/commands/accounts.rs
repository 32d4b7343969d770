//! `accounts`.

use std::fmt::Display;

use countersign_core::Seq;
use countersign_core::hash::hex;
use serde_json::json;

use super::Output;
use crate::accounts::{AccountRow, AccountsError, ShardAccounts};
use crate::args::AccountsArgs;
use crate::exit::{Exit, Failure, Outcome, OutputError};
use crate::progress;
use crate::render::utc;
use crate::store::disk::RealDisk;

pub(super) fn run(args: &AccountsArgs, output: &mut Output<'_>) -> Outcome {
    let mut accounts = ShardAccounts::open(&RealDisk, &args.dir)?;
    catch_up(&mut accounts, None)?;
    // There may be more of them than fit memory, so they are printed as they are read.
    let member = args.member.as_ref().map(|member| &member.0);
    let mut table = Table { output, rows: 0 };
    table.begin(&accounts)?;
    accounts
        .for_each(member, args.asset.as_deref(), |row| table.row(&row).map_err(Ended::Output))?;
    table.end(&accounts)?;
    Ok(Exit::Done)
}

/// Applies what was appended since, with a progress bar.
pub(super) fn catch_up(
    accounts: &mut ShardAccounts<'_>,
    to: Option<Seq>,
) -> Result<(), AccountsError> {
    let bar = progress::counter("applying records", 0);
    let done = accounts.catch_up(to, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    done
}

/// Says that the accounts could not be moved: the log does not depend on them, so that it is worth
/// no more than a remark.
pub(super) fn tell_behind(error: &dyn Display, output: &mut Output<'_>) {
    output.note(format_args!(
        "the accounts are behind; `countersign accounts` brings them up: {error}"
    ));
}

/// Why not all accounts were printed.
#[derive(Debug)]
enum Ended {
    Accounts(AccountsError),
    Output(OutputError),
}

impl From<AccountsError> for Ended {
    fn from(error: AccountsError) -> Self {
        Self::Accounts(error)
    }
}

impl From<Ended> for Box<dyn Failure> {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Accounts(error) => error.into(),
            Ended::Output(error) => error.into(),
        }
    }
}

/// The accounts as a table, or as one document.
struct Table<'o, 'w> {
    output: &'o mut Output<'w>,
    rows: u64,
}

impl Table<'_, '_> {
    fn begin(&mut self, accounts: &ShardAccounts<'_>) -> Result<(), OutputError> {
        if !self.output.json {
            return Ok(());
        }
        let shard_id = accounts.shard_id();
        let last_seq = json!(accounts.last_seq().map(|seq| seq.to_string()));
        let tip = accounts.tip();
        self.print(format_args!(
            r#"{{"shardId":"{shard_id}","lastSeq":{last_seq},"tipHash":"{tip}","accounts":["#
        ))
    }

    fn row(&mut self, row: &AccountRow<'_>) -> Result<(), OutputError> {
        let AccountRow { member_id, asset_id, account } = *row;
        let settled_ms = account.last_confirmation.map(|last| last.at_ms);
        let member = hex::encode(member_id);
        self.rows += 1;
        if self.output.json {
            let document = json!({
                "memberId": member,
                "assetId": asset_id,
                "balance": account.optimistic.to_string(),
                "confirmed": account.confirmed.to_string(),
                "lastSettledMs": settled_ms.map(|ms| ms.to_string()),
            });
            let comma = if self.rows > 1 { "," } else { "" };
            return self.print(format_args!("{comma}{document}"));
        }
        if self.rows == 1 {
            self.line(&"member", &"asset", &"balance", &"confirmed", &"last settled")?;
        }
        let settled = settled_ms.map_or_else(|| "never".to_owned(), utc);
        self.line(&member, &asset_id, &account.optimistic, &account.confirmed, &settled)
    }

    fn end(&mut self, accounts: &ShardAccounts<'_>) -> Result<(), OutputError> {
        if self.output.json {
            return self.print(format_args!("]}}\n"));
        }
        if self.rows == 0 {
            self.print(format_args!("no account\n"))?;
        }
        if let Some(last) = accounts.last_seq() {
            self.output.note(format_args!("accounts as of record {last}"));
        }
        Ok(())
    }

    fn line(
        &mut self,
        member: &dyn Display,
        asset: &dyn Display,
        balance: &dyn Display,
        confirmed: &dyn Display,
        settled: &dyn Display,
    ) -> Result<(), OutputError> {
        self.print(format_args!(
            "{member:64}  {asset:16}  {balance:>20}  {confirmed:>20}  {settled}\n"
        ))
    }

    fn print(&mut self, text: impl Display) -> Result<(), OutputError> {
        write!(self.output.stdout, "{text}").map_err(OutputError)
    }
}
