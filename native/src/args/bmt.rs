//! `bmt …`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Subcommand;
use countersign_core::bmt::Geometry;
use countersign_core::hash::Digest;

use super::prove::OutArgs;

/// The commands under `bmt`.
#[derive(Debug, Subcommand)]
pub enum BmtCommand {
    /// Print the content address of a file
    #[command(after_help = "Example:\n  countersign bmt address backup.tar --index backup.tar.bmt")]
    Address(BmtAddressArgs),
    /// Prove that 32 bytes stand in a file
    #[command(
        after_help = "Example:\n  countersign bmt prove backup.tar --segment 1000 --index backup.tar.bmt --out proof.json"
    )]
    Prove(BmtProveArgs),
    /// Check a proof with nothing but the file's address
    #[command(
        after_help = "Example:\n  countersign bmt verify proof.json \\\n    --address b34ca8c22b9e982354f9c7f50b470d66db428d880c8a904d5fe4ec9713171526\n\n\
        Exit codes:\n  \
        0  the proof holds\n  \
        1  it was checked and does not hold\n  \
        2  it could not be checked"
    )]
    Verify(BmtVerifyArgs),
    /// Write every chunk of a file under its address
    #[command(after_help = "Example:\n  countersign bmt chunks backup.tar --out chunks")]
    Chunks(BmtChunksArgs),
}

/// How a file is cut and hashed.
#[derive(Debug, clap::Args)]
pub struct GeometryArgs {
    /// The numbers of the tree: swarm, reference:P, reference:P:L, scaled:P or scaled:P:L, with
    /// chunks of P bytes and spans of L
    #[arg(long, value_name = "GEOMETRY", default_value = "swarm")]
    pub geometry: GeometryName,
}

/// What is hashed, and on how many cores.
#[derive(Debug, clap::Args)]
pub struct BmtFileArgs {
    /// The geometry.
    #[command(flatten)]
    pub geometry: GeometryArgs,
    /// Threads; as many as there are cores if not given
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
}

/// Arguments of `bmt address`.
#[derive(Debug, clap::Args)]
pub struct BmtAddressArgs {
    /// The file; - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Also write the addresses of the file's chunks here, for quick proofs: 1/128 of the file
    #[arg(long, value_name = "FILE")]
    pub index: Option<PathBuf>,
    /// The address that the network gives an upload with this level of redundancy, 0 to 4
    #[arg(long, value_name = "LEVEL", conflicts_with_all = ["index", "geometry", "threads"],
        value_parser = clap::value_parser!(u8).range(0..=4))]
    pub redundancy: Option<u8>,
    /// How.
    #[command(flatten)]
    pub how: BmtFileArgs,
}

/// Arguments of `bmt prove`.
#[derive(Debug, clap::Args)]
pub struct BmtProveArgs {
    /// The file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The segment: bytes 32 N to 32 N + 31 of the file
    #[arg(long, value_name = "N")]
    pub segment: u64,
    /// The addresses of the file's chunks, as `bmt address` writes them; made if it is not there
    #[arg(long, value_name = "FILE")]
    pub index: Option<PathBuf>,
    /// How.
    #[command(flatten)]
    pub how: BmtFileArgs,
    /// Output.
    #[command(flatten)]
    pub out: OutArgs,
}

/// Arguments of `bmt verify`.
#[derive(Debug, clap::Args)]
pub struct BmtVerifyArgs {
    /// The proof; - for standard input
    #[arg(value_name = "PROOF")]
    pub proof: PathBuf,
    /// The address of the file: 64 hex digits
    #[arg(long, value_name = "HEX", value_parser = parse_address)]
    pub address: Digest,
    /// The length that the file must have, in bytes
    #[arg(long, value_name = "N")]
    pub file_size: Option<u64>,
    /// The geometry.
    #[command(flatten)]
    pub geometry: GeometryArgs,
}

/// Arguments of `bmt chunks`.
#[derive(Debug, clap::Args)]
pub struct BmtChunksArgs {
    /// The file; - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The directory for the chunks, which is made if need be
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The geometry.
    #[command(flatten)]
    pub geometry: GeometryArgs,
}

/// Whether a file is standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn parse_address(text: &str) -> Result<Digest, String> {
    countersign_core::hash::hex::decode_array(text)
        .map(Digest::from_bytes)
        .ok_or_else(|| "give the address as 64 lower-case hex digits".to_owned())
}

/// A geometry by its name.
///
/// ```
/// use countersign::args::GeometryName;
///
/// let name: GeometryName = "scaled:2048".parse()?;
/// assert_eq!((name.0.fan_out(), name.0.span_size()), (64, 8));
/// assert!("scaled:3000".parse::<GeometryName>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct GeometryName(pub Geometry);

impl FromStr for GeometryName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const DEFAULT_SPAN_SIZE: usize = 8;
        let unknown =
            || "give swarm, reference:P, reference:P:L, scaled:P or scaled:P:L".to_owned();
        let (name, numbers) = text.split_once(':').unwrap_or((text, ""));
        let (payload, span) = numbers.split_once(':').unwrap_or((numbers, ""));
        let made = match (name, payload) {
            ("swarm", "") => return Ok(Self(Geometry::SWARM)),
            ("reference" | "scaled", _) => {
                let payload = payload.parse().map_err(|_| unknown())?;
                let span = match span {
                    "" => DEFAULT_SPAN_SIZE,
                    span => span.parse().map_err(|_| unknown())?,
                };
                if name == "scaled" {
                    Geometry::scaled(payload, span)
                } else {
                    Geometry::reference(payload, span)
                }
            }
            _ => return Err(unknown()),
        };
        made.map(Self).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometries_have_names() {
        let geometry = |text: &str| text.parse::<GeometryName>().map(|name| name.0);
        assert_eq!(geometry("swarm"), Ok(Geometry::SWARM));
        assert_eq!(geometry("scaled:4096"), Ok(Geometry::SWARM));
        assert_eq!(geometry("reference:2048:4").unwrap().span_size(), 4);
        for text in
            ["", "swarm:1", "scaled", "scaled:", "scaled:x", "scaled:64:", "bee:64", "reference:0"]
        {
            // An empty span length is the default one.
            assert_eq!(geometry(text).is_err(), text != "scaled:64:", "{text}");
        }
    }
}
