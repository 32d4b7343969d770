//! SPDX licence expressions (SPDX 2.3, annex D), as far as crates use them: `AND`, `OR`, `WITH`,
//! `+`, parentheses, and the `/` that older crates write for `OR`.

use std::fmt;

/// Why an expression could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Error {
    expression: String,
    expected: &'static str,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the licence expression `{}` lacks {}", self.expression, self.expected)
    }
}

/// Whether the licences that `is_allowed` accepts satisfy the expression.
///
/// A licence with an exception is asked for as a whole first (`Apache-2.0 WITH LLVM-exception`),
/// then without it: an exception only adds permissions.
pub(super) fn satisfies(
    expression: &str,
    is_allowed: &dyn Fn(&str) -> bool,
) -> Result<bool, Error> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { rest: &words, is_allowed };
    let verdict = reader.any().and_then(|verdict| match reader.rest {
        [] => Ok(verdict),
        _ => Err("an operator between two licences"),
    });
    verdict.map_err(|expected| Error { expression: expression.to_owned(), expected })
}

struct Reader<'a> {
    rest: &'a [&'a str],
    is_allowed: &'a dyn Fn(&str) -> bool,
}

impl<'a> Reader<'a> {
    fn take(&mut self, word: &str) -> bool {
        let Some((first, rest)) = self.rest.split_first() else { return false };
        let is_there = *first == word;
        if is_there {
            self.rest = rest;
        }
        is_there
    }

    /// `OR` binds weakest.
    fn any(&mut self) -> Result<bool, &'static str> {
        let mut verdict = self.all()?;
        while self.take("OR") {
            verdict |= self.all()?;
        }
        Ok(verdict)
    }

    fn all(&mut self) -> Result<bool, &'static str> {
        let mut verdict = self.one()?;
        while self.take("AND") {
            verdict &= self.one()?;
        }
        Ok(verdict)
    }

    fn one(&mut self) -> Result<bool, &'static str> {
        if self.take("(") {
            let verdict = self.any()?;
            return if self.take(")") { Ok(verdict) } else { Err("a closing parenthesis") };
        }
        let licence = self.name()?;
        let alone = (self.is_allowed)(licence);
        if self.take("WITH") {
            let exception = self.name()?;
            return Ok(alone || (self.is_allowed)(&format!("{licence} WITH {exception}")));
        }
        // "or any later version" includes this one.
        let is_base_allowed = licence.strip_suffix('+').is_some_and(|base| (self.is_allowed)(base));
        Ok(alone || is_base_allowed)
    }

    fn name(&mut self) -> Result<&'a str, &'static str> {
        match self.rest.split_first() {
            Some((name, rest)) if !["AND", "OR", "WITH", "(", ")"].contains(name) => {
                self.rest = rest;
                Ok(name)
            }
            _ => Err("the name of a licence"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(expression: &str) -> Result<bool, Error> {
        satisfies(expression, &|licence| ["MIT", "Unicode-3.0", "A WITH X"].contains(&licence))
    }

    #[test]
    fn expressions_are_weighed_as_spdx_says() {
        let cases = [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("MIT OR GPL-3.0-only", true),
            ("GPL-3.0-only OR MIT", true),
            ("GPL-3.0-only/MIT", true),
            ("MIT AND GPL-3.0-only", false),
            ("(GPL-3.0-only OR MIT) AND Unicode-3.0", true),
            ("(GPL-3.0-only OR MIT) AND NCSA", false),
            // AND binds tighter than OR.
            ("MIT OR NCSA AND NCSA", true),
            ("NCSA AND NCSA OR MIT", true),
            ("NCSA AND MIT OR NCSA", false),
            ("MIT WITH X", true),
            ("A WITH X", true),
            ("A WITH Y", false),
            ("A", false),
            ("MIT+", true),
            ("GPL-2.0+", false),
            ("((MIT))", true),
        ];
        for (expression, expected) in cases {
            assert_eq!(verdict(expression), Ok(expected), "{expression}");
        }
    }

    #[test]
    fn what_is_no_expression_is_an_error_and_not_a_verdict() {
        for expression in ["", "MIT OR", "OR MIT", "(MIT", "MIT)", "MIT MIT", "MIT WITH", "()"] {
            assert!(verdict(expression).is_err(), "{expression}");
        }
    }
}
