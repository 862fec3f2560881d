//! The WAV of a period, rule by rule.

use crate::common::{
    after, export, folder, gap_line, header, line, prototype_header, put, record, sound, time,
};
use cloud_fns::frames::Form;
use cloud_fns::wav::{Hole, Options, Scan, WavError};
use dsp_core::frame::timestamp::Timestamp;
use std::fs;

pub(crate) const RUN: &str = "2021-04-14T13:24:00";

/// `chunks` lines of 2,000 samples of a run.
pub(crate) fn run_of(device: &str, start: Timestamp, chunks: std::ops::Range<u64>) -> Vec<u8> {
    let chunk = |seq: u64| {
        line(
            header(device, start, seq, seq * 2_000, 8_000),
            &sound(start.micros() as u64 + seq * 2_000, 2_000),
        )
    };
    chunks.flat_map(chunk).collect()
}

fn sound_of(start: Timestamp, from: u64, count: usize) -> Vec<i16> {
    sound(start.micros() as u64 + from, count)
}

#[test]
fn a_period_within_a_run_is_cut_to_the_sample() {
    let (dir, run) = (folder(), time(RUN));
    put(dir.path(), run, 1, &run_of("mic", run, 0..20));
    let (samples, report) =
        export(dir.path(), "2021-04-14 13:24:01.1", "2.05", &Options::default()).expect("a WAV");
    assert_eq!(samples, sound_of(run, 8_800, 16_400));
    assert_eq!(
        (report.gap_samples, report.holes_total, report.duplicate_samples, report.bad_lines),
        (0, 0, 0, 0)
    );
    assert_eq!((report.objects_read, report.foreign_objects), (1, 0));
}

#[test]
fn what_was_not_captured_is_silence_and_a_hole_with_its_reason() {
    let (dir, run) = (folder(), time(RUN));
    let gap = gap_line(header("mic", run, 2, 4_000, 8_000), 4_000, "overrun");
    put(dir.path(), run, 1, &[run_of("mic", run, 0..2), gap, run_of("mic", run, 4..6)].concat());
    let (samples, report) =
        export(dir.path(), "2021-04-14 13:23:59.5", "3", &Options::default()).expect("a WAV");
    let silence = |count: usize| vec![0; count];
    let wanted = [
        silence(4_000),
        sound_of(run, 0, 4_000),
        silence(4_000),
        sound_of(run, 8_000, 4_000),
        silence(8_000),
    ];
    assert_eq!(samples, wanted.concat());
    let hole = |start_sample, samples, reason: Option<&str>| Hole {
        start_sample,
        samples,
        reason: reason.map(str::to_owned),
    };
    let holes = [hole(0, 4_000, None), hole(8_000, 4_000, Some("overrun")), hole(16_000, 8_000, None)];
    assert_eq!(report.holes, holes);
    assert_eq!((report.captured_samples, report.gap_samples), (8_000, 16_000));
}

#[test]
fn duplicates_count_once_and_the_order_of_arrival_does_not_matter() {
    let run = time(RUN);
    let parts = [run_of("mic", run, 0..3), run_of("mic", run, 2..6), run_of("mic", run, 5..8)];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let dir = folder();
        for (number, &part) in order.iter().enumerate() {
            let opened = after(run, number as i64 * 3_600_000_000);
            put(dir.path(), opened, number as u32, &parts[part]);
        }
        let (samples, report) =
            export(dir.path(), "2021-04-14 13:24:00", "2", &Options::default()).expect("a WAV");
        assert_eq!(samples, sound_of(run, 0, 16_000));
        assert_eq!(report.duplicate_samples, 4_000);
    }
}

#[test]
fn where_runs_overlap_the_one_that_began_first_has_the_place() {
    let (dir, run) = (folder(), time(RUN));
    let later = after(run, 700_000);
    put(dir.path(), run, 1, &[run_of("mic", later, 0..8), run_of("mic", run, 0..4)].concat());
    let (samples, _) = export(dir.path(), "2021-04-14 13:24:00", "2", &Options::default()).expect("a WAV");
    assert_eq!(samples, [sound_of(run, 0, 8_000), sound_of(later, 2_400, 8_000)].concat());
}

#[test]
fn a_recording_repeated_under_one_start_does_not_mix_with_the_first() {
    let (dir, run) = (folder(), time(RUN));
    let again: Vec<u8> =
        (0..6).flat_map(|seq| line(header("mic", run, seq, seq * 2_000, 8_000), &[7; 2_000])).collect();
    put(dir.path(), run, 1, &run_of("mic", run, 0..4));
    put(dir.path(), after(run, 9_000_000), 2, &again);
    let (samples, _) = export(dir.path(), "2021-04-14 13:24:00", "1.5", &Options::default()).expect("a WAV");
    assert_eq!(samples, [sound_of(run, 0, 8_000), vec![7; 4_000]].concat());
}

#[test]
fn the_prototype_s_lines_are_joined_within_half_a_chunk_and_stand_apart_beyond() {
    let (dir, start) = (folder(), time(RUN));
    // Samples at 8 kHz are 125 us: off by +100, -300, at the limit, and beyond it by one.
    let lines = [(0, 0), (2_100, 1), (3_700, 2), (7_000, 3), (9_001, 4)];
    let stored: Vec<Vec<u8>> = lines
        .iter()
        .map(|&(at, number)| line(prototype_header(after(start, at * 125)), &sound(number * 2_000, 2_000)))
        .collect();
    put(dir.path(), start, 1, &[&stored[3][..], &stored[0], &stored[4], &stored[1]].concat());
    put(dir.path(), after(start, 5_000_000), 2, &stored[2]);
    let (samples, report) =
        export(dir.path(), "2021-04-14 13:24:00", "1.375125", &Options::default()).expect("a WAV");
    let wanted = [sound(0, 8_000), vec![0; 1_001], sound(8_000, 2_000)].concat();
    assert_eq!(samples, wanted);
    assert_eq!((report.holes_total, report.gap_samples), (1, 1_001));
}

#[test]
fn the_clock_of_lines_that_do_not_say_is_the_reader_s_and_of_others_their_own() {
    let (dir, utc) = (folder(), time(RUN));
    let local = after(utc, 9 * 3_600_000_000);
    let mut ours = header("mic", local, 1, 2_000, 8_000);
    ours.utc_offset_min = Some(540);
    put(
        dir.path(),
        utc,
        1,
        &[line(prototype_header(local), &sound(0, 2_000)), line(ours, &sound(2_000, 2_000))].concat(),
    );
    let options = Options { utc_offset_min: 540, ..Options::default() };
    for (device, from) in [("", 0), ("mic", 2_000)] {
        let options = Options { device: Some(device.into()), ..options.clone() };
        let (samples, report) =
            export(dir.path(), "2021-04-14 22:24:00+09:00", "0.5", &options).expect("a WAV");
        assert_eq!(report.captured_samples, 2_000);
        assert_eq!(samples[from as usize..][..2_000], sound(from, 2_000));
    }
}

#[test]
fn midnight_month_and_year_are_no_border() {
    for (midnight, start) in [
        ("2021-04-15T00:00:00", "2021-04-14 23:59:59"),
        ("2021-05-01T00:00:00", "2021-04-30 23:59:59"),
        ("2024-03-01T00:00:00", "2024-02-29 23:59:59"),
        ("2022-01-01T00:00:00", "2021-12-31 23:59:59"),
    ] {
        let (dir, run) = (folder(), after(time(midnight), -1_000_000));
        put(dir.path(), run, 1, &run_of("mic", run, 0..4));
        put(dir.path(), time(midnight), 2, &run_of("mic", run, 4..8));
        let (samples, report) = export(dir.path(), start, "2", &Options::default()).expect("a WAV");
        assert_eq!(samples, sound_of(run, 0, 16_000), "{midnight}");
        assert_eq!(report.objects_read, 2);
    }
}

#[test]
fn objects_that_arrived_long_after_or_before_are_found() {
    // Above 256 KiB, so that they are probed.
    for days in [-400, 3, 400] {
        let (dir, run) = (folder(), time(RUN));
        let arrived = after(run, days * 86_400_000_000);
        put(dir.path(), arrived, 1, &run_of("mic", run, 0..60));
        put(dir.path(), after(arrived, 1), 2, &run_of("mic", after(run, 40 * 86_400_000_000), 0..60));
        let wav =
            |scan| export(dir.path(), "2021-04-14 13:24:01", "2", &Options { scan, ..Options::default() });
        let (samples, report) = wav(Scan::Probe).expect("a WAV");
        assert_eq!(samples, sound_of(run, 8_000, 16_000), "{days} days");
        assert_eq!(report.objects_read, 1);
        assert_eq!(wav(Scan::All).expect("a WAV").1.objects_read, 2);
    }
}

#[test]
fn an_object_of_one_run_is_left_out_by_its_times_but_a_mixed_one_within_the_hours_is_read() {
    let (dir, run) = (folder(), time(RUN));
    let hour = 3_600_000_000;
    // One run, a while after the period: nothing of the period can be in it.
    put(dir.path(), after(run, 2 * hour), 1, &run_of("mic", after(run, 2 * hour), 0..80));
    // Late sound in the middle of other sound, between the places that are looked at.
    let other = after(run, 3 * hour);
    let mixed =
        [run_of("mic", other, 0..72), run_of("mic", run, 0..6), run_of("mic", other, 72..400)].concat();
    put(dir.path(), other, 2, &mixed);
    let later = after(run, 30 * hour);
    let wav = |start: &str| export(dir.path(), start, "1", &Options::default());
    // Five places of one run that goes on: the stretch between them is the price, and --scan-all pays it.
    assert!(matches!(wav("2021-04-14 13:24:00"), Err(WavError::Nothing { .. })));
    let all = Options { scan: Scan::All, ..Options::default() };
    assert_eq!(export(dir.path(), "2021-04-14 13:24:00", "1", &all).expect("a WAV").1.objects_read, 2);
    // Two devices in turn, as a stream of several delivers them: read, though no place shows the period.
    let turns: Vec<u8> = (0..150)
        .flat_map(|seq| match seq {
            70..76 => run_of("mic", run, seq - 70..seq - 69),
            _ => [run_of("mic", other, seq..seq + 1), run_of("attic", other, seq..seq + 1)].concat(),
        })
        .collect();
    for (number, arrived, is_found) in [(3, later, false), (4, other, true)] {
        let dir = folder();
        put(dir.path(), arrived, number, &turns);
        let options = Options { device: Some("mic".into()), ..Options::default() };
        let found = export(dir.path(), "2021-04-14 13:24:00", "1", &options);
        match found {
            Ok((samples, report)) => {
                assert!(is_found, "object {number}");
                assert_eq!((samples, report.objects_read), (sound_of(run, 0, 8_000), 1));
            }
            Err(error) => {
                assert!(!is_found && matches!(error, WavError::Nothing { .. }), "{number}: {error}")
            }
        }
    }
}

#[test]
fn several_devices_are_told_apart_and_named_when_none_is_chosen() {
    let (dir, run) = (folder(), time(RUN));
    let other = after(run, 100_000);
    let mixed: Vec<u8> = (0..8)
        .flat_map(|seq| {
            [run_of("garden", run, seq..seq + 1), run_of("kitchen", other, seq..seq + 1)].concat()
        })
        .collect();
    put(dir.path(), run, 1, &mixed);
    let wav = |device: Option<&str>| {
        let options = Options { device: device.map(str::to_owned), ..Options::default() };
        export(dir.path(), "2021-04-14 13:24:00.1", "1", &options)
    };
    assert_eq!(wav(Some("garden")).expect("a WAV").0, sound_of(run, 800, 8_000));
    assert_eq!(wav(Some("kitchen")).expect("a WAV").0, sound_of(other, 0, 8_000));
    let error = wav(None).expect_err("two");
    assert!(matches!(&error, WavError::Devices(list) if list == "garden, kitchen"), "{error}");
    let error = wav(Some("attic")).expect_err("not there");
    assert!(
        error.to_string().contains("\"attic\"") && error.to_string().contains("garden, kitchen"),
        "{error}"
    );
}

#[test]
fn the_rate_is_the_lines_own_and_must_be_one() {
    let (dir, run) = (folder(), time(RUN));
    put(dir.path(), run, 1, &line(header("mic", run, 0, 0, 16_000), &sound(0, 4_000)));
    let (samples, report) =
        export(dir.path(), "2021-04-14 13:24:00", "0.25", &Options::default()).expect("a WAV");
    assert_eq!((samples, report.rate_hz), (sound(0, 4_000), 16_000));
    put(dir.path(), run, 2, &run_of("mic", after(run, 250_000), 0..1));
    let error = export(dir.path(), "2021-04-14 13:24:00", "0.5", &Options::default()).expect_err("two rates");
    assert!(matches!(&error, WavError::Rates(rates) if rates == "8000, 16000"), "{error}");
}

#[test]
fn bad_lines_are_counted_and_their_neighbours_read() {
    let (dir, run) = (folder(), time(RUN));
    let good = |seq: u64| run_of("mic", run, seq..seq + 1);
    let cut = &good(9)[..1_000];
    let long = [b"{\"timestamp\": \"".to_vec(), vec![b'x'; 300_000], b"\n".to_vec()].concat();
    let bad: [&[u8]; 9] = [
        b"\n",
        b"[]\n",
        b"{\"timestamp\": \"2021-04-14T13:24:00.000000\"}\n",
        b"{\"timestamp\": \"2021-04-14T13:24:00.000000\", \"raw_data\": \"AAA*\"}\n",
        b"{\"timestamp\": \"2021-04-14T13:24:00.000000\", \"raw_data\": \"AAAA\"}\n",
        b"{\"timestamp\": 7, \"raw_data\": \"AAA=\"}\n",
        b"{\"timestamp\": \"yesterday\", \"raw_data\": \"AAA=\"}\n",
        &long,
        b"{\"raw_data\": \"AAA=\"}\n",
    ];
    let mut content = Vec::new();
    for (seq, bad) in bad.iter().enumerate() {
        content.extend(good(seq as u64));
        content.extend_from_slice(bad);
    }
    content.extend_from_slice(cut);
    put(dir.path(), run, 1, &content);
    let (samples, report) =
        export(dir.path(), "2021-04-14 13:24:00", "2.25", &Options::default()).expect("a WAV");
    assert_eq!(samples, sound_of(run, 0, 18_000));
    assert_eq!(report.bad_lines, 10);
    let ordinals: Vec<u64> = report.bad.iter().map(|(_, bad)| bad.ordinal).collect();
    assert_eq!(ordinals, [2, 4, 6, 8, 10, 12, 14, 16, 18, 19]);
}

#[test]
fn escapes_spacing_key_order_and_records_read_as_well() {
    let (dir, run) = (folder(), time(RUN));
    let text = String::from_utf8(run_of("mic", run, 0..1)).expect("text");
    let escaped = text.replace('/', "\\/").replace("\"mic\"", "\"m\\u0069c\"").replace(": ", "\t:  ");
    let binary = record(header("mic", run, 1, 2_000, 8_000), &sound_of(run, 2_000, 2_000));
    put(dir.path(), run, 1, &[escaped.as_bytes(), &binary, &run_of("mic", run, 2..3)].concat());
    let (samples, report) =
        export(dir.path(), "2021-04-14 13:24:00", "0.75", &Options::default()).expect("a WAV");
    assert_eq!((samples, report.bad_lines), (sound_of(run, 0, 6_000), 0));
}

#[test]
fn the_prototype_s_binary_form_reads_when_it_is_chosen() {
    let (dir, start) = (folder(), time(RUN));
    let record = |number: u64, seconds: f64| {
        let pcm = sound(number * 2_000, 2_000);
        [seconds.to_le_bytes().to_vec(), pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect()]
            .concat()
    };
    let seconds = start.micros() as f64 / 1e6;
    let content =
        [record(0, seconds), record(1, seconds + 0.2501), record(2, seconds + 0.4998), vec![1, 2, 3]];
    put(dir.path(), start, 1, &content.concat());
    let options = Options { form: Form::PrototypeBinary { record_bytes: 4_008 }, ..Options::default() };
    let (samples, report) = export(dir.path(), "2021-04-14 13:24:00", "0.75", &options).expect("a WAV");
    assert_eq!((samples, report.bad_lines), (sound(0, 6_000), 1));
    let options = Options { form: Form::PrototypeBinary { record_bytes: 9 }, ..options };
    let error = export(dir.path(), "2021-04-14 13:24:00", "0.75", &options).expect_err("no such record");
    assert!(error.to_string().contains("9 bytes"), "{error}");
}

#[test]
fn the_prototype_s_binary_form_is_found_wherever_an_object_is_looked_at() {
    let (dir, start) = (folder(), time(RUN));
    // 40 minutes of silence, which looks the same wherever one begins to read, in records of 500 ms.
    let record = |number: u32| {
        let seconds = start.micros() as f64 / 1e6 + f64::from(number) / 2.0;
        [seconds.to_le_bytes().to_vec(), vec![0; 8_000]].concat()
    };
    put(dir.path(), after(start, 6 * 86_400_000_000), 1, &(0..4_800).flat_map(record).collect::<Vec<u8>>());
    let options = Options { form: Form::PrototypeBinary { record_bytes: 8_008 }, ..Options::default() };
    for start in ["2021-04-14 13:25:00", "2021-04-14 13:44:00.5", "2021-04-14 14:03:00"] {
        let (_, report) = export(dir.path(), start, "30", &options).expect(start);
        assert_eq!((report.captured_samples, report.bad_lines), (240_000, 0), "{start}");
    }
    // What is far off is still left out.
    export(dir.path(), "2021-04-14 15:24:00", "30", &options).expect_err("nothing there");
}

#[test]
fn an_unfinished_object_counts_up_to_its_last_whole_line() {
    let (dir, run) = (folder(), time(RUN));
    let content = run_of("mic", run, 0..5);
    let path = put(dir.path(), run, 1, &content[..content.len() - 700]);
    fs::rename(&path, path.with_extension("open")).expect("renamed");
    let (samples, report) =
        export(dir.path(), "2021-04-14 13:24:00", "1", &Options::default()).expect("a WAV");
    assert_eq!((samples, report.bad_lines), (sound_of(run, 0, 8_000), 0));
}

#[test]
fn foreign_files_are_left_out_and_counted() {
    use std::os::unix::ffi::OsStrExt;
    let (dir, run) = (folder(), time(RUN));
    let path = put(dir.path(), run, 1, &run_of("mic", run, 0..4));
    fs::write(dir.path().join("README.txt"), b"mine").expect("foreign");
    fs::write(path.with_file_name("cat.jpg"), [0xff; 9_000]).expect("foreign");
    fs::write(path.with_file_name(std::ffi::OsStr::from_bytes(b"\xff\xfe#1")), b"x").expect("foreign");
    fs::create_dir(dir.path().join("lost+found")).expect("foreign");
    std::os::unix::fs::symlink("/nowhere", path.with_file_name("link")).expect("foreign");
    // Right by its name, not by its content.
    put(dir.path(), run, 2, &[0x89; 5_000]);
    let (samples, report) =
        export(dir.path(), "2021-04-14 13:24:00", "1", &Options::default()).expect("a WAV");
    assert_eq!(samples, sound_of(run, 0, 8_000));
    assert_eq!((report.foreign_objects, report.objects_read, report.bad_lines), (5, 2, 1));
}
