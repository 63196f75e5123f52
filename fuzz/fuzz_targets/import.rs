//! Any bytes, read as every format that is imported.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = orders::transfer::import::fuzzing::read_everything(bytes);
});
