//! What `serde-json-core` does not check: UTF-8, escapes, scalars, depth, and that no value follows
//! another without a comma. Which brackets and keys belong together is its part.

use super::{DecodeError, NESTING_MAX};

/// What stands before a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing, an opening bracket, a comma or a colon.
    Opening,
    String,
    /// A scalar or a closing bracket.
    Value,
}

/// Passes every line that is JSON and not nested deeper than [`NESTING_MAX`]. Takes linear time and
/// no stack, whatever the bytes.
pub(super) fn screen(line: &[u8]) -> Result<(), DecodeError> {
    let mut rest = core::str::from_utf8(line).map_err(|_| DecodeError::Json)?.as_bytes();
    let mut before = Before::Opening;
    let mut depth = 0_usize;
    let mut is_empty = true;
    while let [byte, behind @ ..] = rest {
        rest = behind;
        let is_value_due = before == Before::Opening;
        let (is_good, now) = match byte {
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            b'{' | b'[' => {
                depth += 1;
                (is_value_due && depth <= NESTING_MAX, Before::Opening)
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                (true, Before::Value)
            }
            b',' => (!is_value_due, Before::Opening),
            b':' => (before == Before::String, Before::Opening),
            b'"' => {
                rest = behind_string(behind).ok_or(DecodeError::Json)?;
                (is_value_due, Before::String)
            }
            _ => {
                let is_end =
                    |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' | b'}' | b']');
                let end = behind.iter().position(is_end).unwrap_or(behind.len());
                let token = (*byte, &behind[..end]);
                rest = &behind[end..];
                (is_value_due && is_scalar(token), Before::Value)
            }
        };
        if !is_good {
            return Err(DecodeError::Json);
        }
        before = now;
        is_empty = false;
    }
    if is_empty { Err(DecodeError::Empty) } else { Ok(()) }
}

/// What stands behind the quote that ends a string; `None` if the string is none.
fn behind_string(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        let (plain, special) = rest.split_at(memchr::memchr2(b'"', b'\\', rest)?);
        // Looks at every byte, because a loop without a way out is done many bytes at a time.
        if plain.iter().fold(false, |found, &byte| found | (byte < b' ')) {
            return None;
        }
        rest = match special {
            [b'"', behind @ ..] => return Some(behind),
            [_, b'u', behind @ ..] => {
                let (digits, behind) = behind.split_at_checked(4)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                behind
            }
            [_, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', behind @ ..] => behind,
            _ => return None,
        }
    }
}

fn is_scalar((first, behind): (u8, &[u8])) -> bool {
    match (first, behind) {
        (b't', b"rue") | (b'f', b"alse") | (b'n', b"ull") => true,
        (b'-', [first, behind @ ..]) => is_number(*first, behind),
        (first, behind) => is_number(first, behind),
    }
}

/// JSON's number without its sign.
fn is_number(first: u8, behind: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut rest = match first {
        b'0' => behind,
        b'1'..=b'9' => &behind[digits(behind)..],
        _ => return false,
    };
    if let [b'.', behind @ ..] = rest {
        let count = digits(behind);
        if count == 0 {
            return false;
        }
        rest = &behind[count..];
    }
    if let [b'e' | b'E', b'+' | b'-', behind @ ..] | [b'e' | b'E', behind @ ..] = rest {
        let count = digits(behind);
        if count == 0 {
            return false;
        }
        rest = &behind[count..];
    }
    rest.is_empty()
}
