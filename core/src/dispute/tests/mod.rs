//! Tests of the dispute room.

mod accounts;
