//! One chunk through everything.
use dsp_core::chunk::{Body, Chunk, Device, Header, Reason};
use dsp_core::frame::splitter::{Item, Splitter};
use dsp_core::frame::timestamp::Timestamp;
use dsp_core::frame::{line, record};

#[test]
fn smoke() {
    let samples: Vec<i16> = (0..2000).map(|n| (n * 31) as i16).collect();
    let mut header = Header::at(Timestamp::from_micros(1_618_566_006_546_601));
    header.device = Some(Device::new("a \"b\" \\ é").unwrap());
    header.run = Some(Timestamp::from_micros(1));
    header.utc_offset_min = Some(540);
    header.seq = Some(u64::MAX);
    header.first_sample = Some(0);
    header.rate = Some(8000);
    let chunk = Chunk { header: header.clone(), body: Body::Samples(&samples) };
    let gap = Chunk { header, body: Body::Gap { gap_samples: 7, reason: Reason::new("overrun").unwrap() } };
    let mut stream = vec![];
    for chunk in [&chunk, &gap] {
        let mut out = [0; line::bytes_max(2000)];
        let bytes = line::encode(chunk, line::Keys::All, &mut out).unwrap();
        let mut back = [0; 2000];
        assert_eq!(&line::decode(&out[..bytes], &mut back).unwrap(), chunk);
        stream.extend(&out[..bytes]);
        let bytes = record::encode(chunk, &mut out).unwrap();
        assert_eq!(&record::decode(&out[..bytes], &mut back).unwrap(), chunk);
        stream.extend(&out[..bytes]);
        let compact = String::from_utf8(stream.clone()).map(|text| text.replace(": ", ":"));
        if let Ok(text) = compact {
            assert_eq!(&line::decode(text.as_bytes(), &mut back).unwrap(), chunk);
        }
    }
    for cut in [1, 7, 64, 1000, 100_000] {
        let mut splitter = Splitter::<6000>::new();
        let mut seen = vec![];
        for mut piece in stream.chunks(cut) {
            loop {
                let (item, rest) = splitter.push(piece);
                piece = rest;
                match item {
                    Some(Item::Line(l)) => seen.push(('l', l.len())),
                    Some(Item::Record(l)) => seen.push(('r', l.len())),
                    Some(_) => panic!(),
                    None => break,
                }
            }
        }
        assert!(splitter.finish().is_none());
        assert_eq!(seen.len(), 4);
    }
}
