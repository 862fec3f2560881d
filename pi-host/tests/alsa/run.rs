//! A device that leaves and comes back, seen from the end: the program's lines.

use std::io::{BufRead, BufReader, Lines, Read};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::bench::{Scripted, alone};

/// The next line that holds `part`.
fn line(lines: &mut Lines<BufReader<impl Read>>, part: &str) -> String {
    lines
        .map(Result::unwrap)
        .find(|line| line.contains(part))
        .unwrap_or_else(|| panic!("the program ended without `{part}`"))
}

/// The whole number after a key.
fn number(line: &str, key: &str) -> u64 {
    let (_, rest) = line.split_once(&format!("\"{key}\": ")).unwrap_or_else(|| panic!("no {key} in {line}"));
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

#[test]
fn an_absence_is_a_gap_as_long_as_it_was_and_the_run_goes_on() {
    let test = "run::an_absence_is_a_gap_as_long_as_it_was_and_the_run_goes_on";
    alone(test, &Scripted::config(""), Scripted::build, |dir| {
        let mic = Scripted::at(dir);
        let mut program = Command::new(env!("CARGO_BIN_EXE_soundline"))
            .args(["run", "--source", "alsa:mic", "--sink", "stdout", "--decimate", "drop"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(program.stderr.take().unwrap()).lines();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();

        line(&mut log, "capturing");
        let began = Instant::now();
        mic.tick(8_000);
        let first = line(&mut lines, "timestamp");
        assert_eq!((number(&first, "seq"), number(&first, "first_sample")), (0, 0));

        let left = Instant::now();
        mic.pull();
        line(&mut log, "waiting for the source");
        // The absence itself, measured below; nothing is synchronised by it.
        thread::sleep(Duration::from_millis(300).saturating_sub(left.elapsed()));
        mic.plug();
        line(&mut log, "capturing");
        mic.tick(8_000);

        let gap = line(&mut lines, "gap_samples");
        let gap_samples = number(&gap, "gap_samples");
        assert!(gap.contains("\"reason\": \"device away\"") && gap.contains("\"raw_data\": \"\""), "{gap}");
        assert_eq!((number(&gap, "seq"), number(&gap, "first_sample")), (1, 2_000));
        // The first period after it, 50 ms, is no part of the gap.
        let longest = began.elapsed().as_millis() as u64 * 8;
        assert!((2_000..=longest).contains(&gap_samples), "{gap}");
        let second = line(&mut lines, "timestamp");
        assert_eq!((number(&second, "seq"), number(&second, "first_sample")), (2, 2_000 + gap_samples));

        let interrupt = Command::new("kill").args(["-INT", &program.id().to_string()]).status().unwrap();
        assert!(interrupt.success());
        // Read on, so that a full pipe never holds the program.
        let rest = thread::spawn(move || log.count());
        assert_eq!(lines.count(), 0);
        assert!(program.wait().unwrap().success());
        rest.join().unwrap();
    });
}
