//! Challenges and responses among what is to be verified.

use countersign_core::dispute::{
    ChallengeFormat, DisputeChallenge, DisputeOptions, DisputeResponse, FormatName as _,
    ResponseFormat, evaluate_dispute_challenge,
};
use countersign_core::document::DocumentError;
use serde_json::{Value, json};

use super::{Tally, Verifier, named};
use crate::commands::Output;
use crate::commands::certificate::now_ms;
use crate::commands::dispute::verdict::{Shown, to_json};
use crate::commands::failures::Refusal;
use crate::exit::OutputError;

/// A challenge and a response are two documents, in any order and in whichever files; they are
/// judged when all are read.
#[derive(Debug, Default)]
pub(super) struct Disputes {
    challenges: Vec<(String, DisputeChallenge)>,
    responses: Vec<(String, DisputeResponse)>,
}

impl Disputes {
    /// Keeps the document of this format; whether it is one of a dispute at all.
    pub(super) fn keep(
        &mut self,
        name: &str,
        format: &str,
        text: &str,
    ) -> Result<bool, DocumentError> {
        if format == ChallengeFormat::NAME {
            let challenge = DisputeChallenge::from_json(text.as_bytes())?;
            self.challenges.push((name.to_owned(), challenge));
        } else if format == ResponseFormat::NAME {
            let response = DisputeResponse::from_json(text.as_bytes())?;
            self.responses.push((name.to_owned(), response));
        } else {
            return Ok(false);
        }
        Ok(true)
    }
}

impl Verifier {
    /// Evaluates every challenge, with the response to its batch if there is one.
    pub(super) fn check_disputes(&mut self, output: &mut Output<'_>) -> Result<(), OutputError> {
        let Disputes { challenges, mut responses } = std::mem::take(&mut self.disputes);
        for (name, challenge) in challenges {
            let batch = challenge.batch_id();
            let answer = responses.iter().position(|(_, response)| response.batch_id == batch);
            let answer = answer.map(|at| responses.remove(at));
            self.check_dispute(&name, &challenge, answer, output)?;
        }
        for (name, response) in responses {
            let batch = response.batch_id;
            let message = format!(
                "{name} answers a challenge of batch {batch}, which is not among the files: give \
                 both"
            );
            let code = "response-without-challenge";
            self.cannot_check(&name, &Refusal { code, message }, output)?;
        }
        Ok(())
    }

    fn check_dispute(
        &mut self,
        name: &str,
        challenge: &DisputeChallenge,
        answer: Option<(String, DisputeResponse)>,
        output: &mut Output<'_>,
    ) -> Result<(), OutputError> {
        let options = DisputeOptions {
            revocations: &self.revocations,
            ..DisputeOptions::new(self.trusted, self.now_ms.unwrap_or_else(now_ms))
        };
        let response = answer.as_ref().map(|(_, response)| response);
        let resolution = match evaluate_dispute_challenge(challenge, response, &options) {
            Ok(resolution) => resolution,
            Err(error) => {
                let (code, message) = (error.code(), format!("{name}: {error}"));
                return self.cannot_check(name, &Refusal { code, message }, output);
            }
        };
        let status = resolution.status;
        let valid = status.is_final().then(|| !status.is_lost());
        self.tally.count(valid);
        let mut document = named(name, to_json(&resolution));
        if let Some(members) = document.as_object_mut() {
            members.insert("format".to_owned(), ChallengeFormat::NAME.into());
            members.insert("valid".to_owned(), valid.into());
            let response = answer.map_or(Value::Null, |(name, _)| json!(name));
            members.insert("response".to_owned(), response);
        }
        output.print(&document, Shown(&resolution))
    }
}

impl Tally {
    /// Counts a verdict; one that is still open tells as little as what cannot be checked.
    pub(super) const fn count(&mut self, valid: Option<bool>) {
        match valid {
            Some(true) => {}
            Some(false) => self.refused += 1,
            None => self.unchecked += 1,
        }
    }
}
