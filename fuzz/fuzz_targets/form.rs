#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| scimward::fuzz::form(data));
