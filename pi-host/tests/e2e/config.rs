//! Where an option may stand, and what beats what.

use crate::common::*;

#[test]
fn a_flag_beats_the_environment_beats_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("soundline.toml");
    std::fs::write(
        &file,
        "output_rate = 16000\ndevice = 'from the file'\nsink = 'stdout'\nsource = 'stdin'\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let input = folder.path().join("input");
    std::fs::write(&input, bytes_of(&noise(3_200, 1))).unwrap();
    let ask = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut all = vec!["run"];
        all.extend(arguments);
        let mut command = soundline(&all);
        command.envs(environment.iter().copied()).stdin(std::fs::File::open(&input).unwrap());
        let ended = finish(&mut command);
        ended.assert_done();
        let line = ended.json().remove(0);
        (line["rate"].as_u64().unwrap(), line["device"].as_str().unwrap().to_owned())
    };
    let from_file = "from the file".to_owned();
    assert_eq!(ask(&["--config", file], &[]), (16_000, from_file.clone()));
    assert_eq!(ask(&[], &[("SOUNDLINE_CONFIG", file)]), (16_000, from_file.clone()));
    let environment = [("SOUNDLINE_OUTPUT_RATE", "4000")];
    assert_eq!(ask(&["--config", file], &environment), (4_000, from_file.clone()));
    assert_eq!(ask(&["--config", file, "--output-rate", "8000"], &environment), (8_000, from_file));
    let environment =
        [("SOUNDLINE_SOURCE", "stdin"), ("SOUNDLINE_SINK", "stdout"), ("SOUNDLINE_DEVICE", "é")];
    assert_eq!(ask(&[], &environment), (8_000, "é".into()));
}

#[test]
fn a_wrong_file_is_told_by_name_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("soundline.toml");
    std::fs::write(&file, "rate = 32000\n\nchanels = 1\n").unwrap();
    let file = file.to_str().unwrap();
    for command in ["run", "check"] {
        let ended = run(&[command, "--config", file]);
        assert_eq!(ended.code, 1);
        let told = String::from_utf8_lossy(&ended.stdout).into_owned() + &ended.stderr;
        assert!(
            told.contains(&format!("{file}, line 3: unknown key `chanels`; did you mean `channels`?")),
            "{told}"
        );
    }
    let ended = run(&["run", "--config", "/nonexistent/soundline.toml"]);
    assert_eq!(ended.code, 1);
    assert!(ended.last_line().contains("/nonexistent/soundline.toml"), "{}", ended.stderr);
}

#[test]
fn check_says_one_line_each_and_fails_with_one_that_is_bad() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let ended = run(&["check", "--source", "tone:1000", "--listen", "127.0.0.1:0", "--data-dir", data_dir]);
    let text = String::from_utf8(ended.stdout.clone()).unwrap();
    assert_eq!(ended.code, 0, "{text}{}", ended.stderr);
    let whats: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(whats, ["config", "device", "disk", "page", "clock"], "{text}");

    let ended = run(&["check", "--source", "wav:/nonexistent.wav", "--data-dir", data_dir]);
    assert_eq!(ended.code, 1);
    let text = String::from_utf8(ended.stdout.clone()).unwrap();
    assert!(text.contains("BAD  device") && text.contains("/nonexistent.wav"), "{text}");
    assert_eq!(ended.last_line(), "error: one thing is not in order");
}
