//! `demo`: what someone sees who looks around.

use std::io::{BufRead, BufReader, Read};

use crate::common::*;

#[test]
fn the_demo_ends_with_an_archive_a_wav_and_a_command_that_works() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("my demo");
    let arguments =
        ["demo", "--no-open", "--listen", "127.0.0.1:0", "--data-dir", data_dir.to_str().unwrap()];
    let mut child = soundline(&arguments).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("Meter:") {
        assert!(stdout.read_line(&mut said).unwrap() > 0, "{said}");
    }
    let address = said.split("http://").nth(1).unwrap().split_whitespace().next().unwrap();
    // 3 s of sound: 12 chunks.
    crate::page::socket(address).until(|message| message["seq"] == 12);
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    stdout.read_to_string(&mut said).unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""), "{said}");

    assert!(assert_seamless(&archived(&data_dir)) >= 12 * 2_000);
    let (rate_hz, samples) = read_wav(&data_dir.join("demo.wav"));
    assert!(rate_hz == 8_000 && samples.len() >= 16_000, "{said}");
    assert!(samples.iter().any(|sample| sample.unsigned_abs() > 1_000), "it can be heard");
    let command = said
        .lines()
        .rfind(|line| line.contains(" wav --archive "))
        .unwrap()
        .replace("--seconds 5", "--seconds 0.5");
    let status =
        std::process::Command::new("sh").args(["-c", &command]).current_dir(folder.path()).status().unwrap();
    assert!(status.success(), "{command}");
    assert_eq!(read_wav(&folder.path().join("out.wav")).1.len(), 4_000);
}
