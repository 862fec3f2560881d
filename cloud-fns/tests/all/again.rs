//! One test once more in a process of its own: as another user, or with file systems of its own.

use std::env;
use std::fs::File;
use std::io::Write;
use std::process::Command;

const INSIDE: &str = "SOUNDLINE_TEST_AGAIN";

/// Runs `test` behind `launcher` (program and arguments), which `probe` has to get through first. Where
/// it does not, standard error says so: past the harness, which swallows what a passing test prints.
pub(crate) fn again(launcher: &[&str], probe: &[&str], test: &str) {
    assert!(env::var_os(INSIDE).is_none(), "{test}: {launcher:?} changed nothing");
    let launch = || {
        let mut command = Command::new(launcher[0]);
        // A temporary folder of this user may be closed to the other one.
        command.args(&launcher[1..]).env(INSIDE, "1").env_remove("TMPDIR");
        command
    };
    if !launch().args(probe).output().is_ok_and(|output| output.status.success()) {
        let why = format!("SKIPPED: {test}: {} does not work here\n", launcher.join(" "));
        let _ = std::io::stderr().write_all(why.as_bytes());
        return;
    }
    // By its open file: the folders above it may be closed to the other user.
    let program = File::open(env::current_exe().expect("this program")).expect("readable");
    let run = launch().args(["/proc/self/fd/0", "--exact", test, "--nocapture"]).stdin(program).output();
    let output = run.expect("the probe ran");
    let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}
