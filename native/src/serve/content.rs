//! What a file is, told by the end of its name.

/// The media type; browsers are told not to guess another.
pub(super) fn media_type(name: &str) -> &'static str {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    match end {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "cbor" => "application/octet-stream",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_webassembly_have_the_types_that_browsers_insist_on() {
        assert_eq!(media_type("assets/index-x.js"), "text/javascript; charset=utf-8");
        assert_eq!(media_type("assets/verify.wasm"), "application/wasm");
        assert_eq!(media_type("LICENSE"), "text/plain; charset=utf-8");
    }
}
