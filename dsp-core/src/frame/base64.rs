//! Base64 of PCM: standard alphabet, canonical padding, nothing else tolerated.
//!
//! With the feature `simd` the `base64` crate does it (AVX2 or NEON where the machine has it),
//! without it `base64ct`, which needs neither tables nor an operating system. Both are held to
//! the same inputs: what one accepts, the other accepts.

use super::DecodeError;

#[cfg(not(feature = "simd"))]
use portable as codec;
#[cfg(feature = "simd")]
use simd as codec;

/// Bytes of the text for `bytes` bytes of data.
pub(super) const fn encoded_bytes(bytes: usize) -> usize {
    bytes.div_ceil(3).saturating_mul(4)
}

/// Writes `data` to the start of `out` and returns the bytes written; `None` if `out` is too small.
pub(super) fn encode(data: &[u8], out: &mut [u8]) -> Option<usize> {
    codec::encode(data, out)
}

/// Reads `text` to the start of `out` and returns the bytes written.
pub(super) fn decode(text: &[u8], out: &mut [u8]) -> Result<usize, DecodeError> {
    if !text.len().is_multiple_of(4) {
        return Err(DecodeError::Base64);
    }
    let padding = text.iter().rev().take(2).take_while(|&&byte| byte == b'=').count();
    let bytes = (text.len() / 4 * 3).saturating_sub(padding);
    let out = out.get_mut(..bytes).ok_or(DecodeError::Samples)?;
    match codec::decode(text, out) {
        Some(written) if written == bytes => Ok(bytes),
        _ => Err(DecodeError::Base64),
    }
}

#[cfg(any(all(test, feature = "simd"), not(feature = "simd")))]
mod portable {
    use base64ct::{Base64, Encoding};

    pub(super) fn encode(data: &[u8], out: &mut [u8]) -> Option<usize> {
        Base64::encode(data, out).ok().map(str::len)
    }

    pub(super) fn decode(text: &[u8], out: &mut [u8]) -> Option<usize> {
        Base64::decode(text, out).ok().map(<[u8]>::len)
    }
}

#[cfg(feature = "simd")]
mod simd {
    use base64::Engine;
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    use base64::engine::general_purpose::STANDARD as ENGINE;

    /// Made once: it asks for the machine's instructions and fills tables.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    static ENGINE: std::sync::LazyLock<base64::engine::Simd> =
        std::sync::LazyLock::new(|| base64::engine::Simd::standard(base64::engine::general_purpose::PAD));

    pub(super) fn encode(data: &[u8], out: &mut [u8]) -> Option<usize> {
        ENGINE.encode_slice(data, out).ok()
    }

    pub(super) fn decode(text: &[u8], out: &mut [u8]) -> Option<usize> {
        ENGINE.decode_slice(text, out).ok()
    }
}

#[cfg(all(test, feature = "simd"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Both codecs, held to one answer.
    fn both(text: &[u8], capacity: usize) -> Option<std::vec::Vec<u8>> {
        let mut out = [std::vec![0; capacity], std::vec![0; capacity]];
        let [one, other] = &mut out;
        let bytes = simd::decode(text, one);
        assert_eq!(bytes, portable::decode(text, other), "{:?}", std::string::String::from_utf8_lossy(text));
        let bytes = bytes?;
        assert_eq!(one[..bytes], other[..bytes]);
        Some(one[..bytes].to_vec())
    }

    #[test]
    fn only_canonical_padding_is_read() {
        for (text, bytes) in
            [("", &b""[..]), ("Zg==", b"f"), ("Zm8=", b"fo"), ("Zm9v", b"foo"), ("+/+/", b"\xfb\xff\xbf")]
        {
            assert_eq!(both(text.as_bytes(), bytes.len()).as_deref(), Some(bytes), "{text}");
        }
        for text in [
            "Z",
            "Zg",
            "Zg=",
            "Zm8",
            "Zg==Zg==",
            "Zg===",
            "====",
            "=",
            "==",
            "A===",
            "Z===",
            "Zh==",
            "Zm9=",
            "Zm=v",
            "Z=9v",
            "=m9v",
            "Zm9v=",
            "Zm9v====",
            "Zm 9",
            "Zm9\n",
            "-_-_",
            "Zm9\u{e9}",
            "Zm9\0",
        ] {
            assert_eq!(both(text.as_bytes(), 12), None, "{text}");
        }
    }

    #[test]
    fn an_exact_buffer_is_enough() {
        for bytes in 0..200 {
            let data = std::vec![0xa5; bytes];
            let mut text = std::vec![0; encoded_bytes(bytes)];
            assert_eq!(encode(&data, &mut text), Some(text.len()));
            let mut back = std::vec![0; bytes];
            assert_eq!(decode(&text, &mut back), Ok(bytes));
            assert_eq!(back, data);
            if bytes > 0 {
                assert_eq!(decode(&text, &mut back[1..]), Err(DecodeError::Samples));
                let short = text.len() - 1;
                assert_eq!(encode(&data, &mut text[..short]), None);
            }
        }
    }

    proptest! {
        #[test]
        fn both_codecs_write_the_same(data in proptest::collection::vec(any::<u8>(), 0..600)) {
            let mut texts = [std::vec![0; 800], std::vec![0; 800]];
            let [one, other] = &mut texts;
            let bytes = simd::encode(&data, one);
            prop_assert_eq!(bytes, portable::encode(&data, other));
            let bytes = bytes.unwrap();
            prop_assert_eq!(&one[..bytes], &other[..bytes]);
            prop_assert_eq!(both(&one[..bytes], data.len()), Some(data));
        }

        #[test]
        fn both_codecs_refuse_the_same(
            data in proptest::collection::vec(any::<u8>(), 90..100),
            at in 0..120_usize,
            byte: u8,
        ) {
            let mut text = std::vec![0; 136];
            let bytes = simd::encode(&data, &mut text).unwrap();
            text.truncate(bytes);
            text[at] = byte;
            both(&text, 102);
        }

        #[test]
        fn any_text_gets_one_answer(text in "[A-Za-z0-9+/=\n -]{0,12}") {
            both(text.as_bytes(), 12);
        }
    }
}
