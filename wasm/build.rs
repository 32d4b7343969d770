//! `wasm-pack test --chrome` and `--firefox` say that a browser is wanted by a variable; without it
//! the tests run in Node.

fn main() {
    const ONLY_WEB: &str = "WASM_BINDGEN_TEST_ONLY_WEB";
    println!("cargo::rerun-if-env-changed={ONLY_WEB}");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(only_web)");
    if std::env::var_os(ONLY_WEB).is_some() {
        println!("cargo::rustc-cfg=only_web");
    }
}
