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
        assert_eq!(ended.code, if command == "run" { 2 } else { 1 });
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

    let missing = folder.path().join("missing");
    run(&["check", "--source", "tone:1", "--no-web", "--data-dir", missing.to_str().unwrap()]).assert_done();
    assert!(!missing.exists());

    let running = Running::start(&["--source", "tone:440", "--data-dir", data_dir]);
    let ended = run(&["check", "--source", "tone:1", "--listen", &running.address, "--data-dir", data_dir]);
    ended.assert_done();
    assert_eq!(String::from_utf8_lossy(&ended.stdout).matches("fine if that is the daemon").count(), 2);
    running.signal("-TERM");
    running.end().assert_done();

    let ended = run(&["check", "--source", "wav:/nonexistent.wav", "--data-dir", data_dir]);
    assert_eq!(ended.code, 1);
    let text = String::from_utf8(ended.stdout.clone()).unwrap();
    assert!(text.contains("BAD  device") && text.contains("/nonexistent.wav"), "{text}");
    assert_eq!(ended.last_line(), "error: one thing is not in order");
}

#[test]
fn a_wrong_value_is_told_by_where_it_was_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("soundline.toml");
    std::fs::write(&file, "rate = 0\n").unwrap();
    let file = file.to_str().unwrap();
    let told = |arguments: &[&str], environment: &[(&str, &str)]| {
        let ended = finish(soundline(arguments).envs(environment.iter().copied()));
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        ended.last_line().to_owned()
    };
    assert!(
        told(&["run", "--config", file], &[]).starts_with(&format!("error: config file {file}: rate 0: "))
    );
    assert!(told(&["run"], &[("SOUNDLINE_RATE", "0")]).starts_with("error: SOUNDLINE_RATE 0: "));
    assert!(told(&["run"], &[("SOUNDLINE_RATE", "fast")]).contains("'SOUNDLINE_RATE'"));
    assert!(told(&["run", "--rate", "0"], &[("SOUNDLINE_RATE", "1")]).starts_with("error: --rate 0: "));
    assert!(told(&["run", "--rate=fast"], &[("SOUNDLINE_RATE", "1")]).contains("--rate"));
    assert!(told(&["wav"], &[("SOUNDLINE_UTC_OFFSET", "9")]).contains("SOUNDLINE_UTC_OFFSET"));
}

#[test]
fn an_empty_variable_is_not_set_and_yes_is_true() {
    let ended = |name: &str, value: &str| {
        let mut command = soundline(&["run", "--source", "tone:0"]);
        finish(command.env(name, value)).last_line().to_owned()
    };
    for name in ["SOUNDLINE_RATE", "SOUNDLINE_SINK", "SOUNDLINE_NO_WEB", "SOUNDLINE_CONFIG", "SOUNDLINE_LOG"]
    {
        assert!(ended(name, "").contains("tone:0"), "{name}: {}", ended(name, ""));
    }
    for value in ["1", "0", "true", "false", "yes", "no"] {
        assert!(ended("SOUNDLINE_NO_WEB", value).contains("tone:0"), "{value}");
    }
}

#[test]
fn a_page_on_the_command_line_beats_no_page_in_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data_dir = folder.path().to_str().unwrap();
    let mut command =
        soundline(&["run", "--source", "tone:440", "--listen", &address, "--data-dir", data_dir]);
    // That the page is wanted shows in that it cannot be had.
    let ended = finish(command.env("SOUNDLINE_NO_WEB", "true"));
    assert_eq!(ended.code, 1);
    assert!(ended.last_line().contains("the port is taken"), "{}", ended.stderr);
}
