//! Finding the same card again.
//!
//! The kernel numbers cards in the order in which they appear, so `hw:1,0` may be another microphone
//! after a replug or a restart. At the first opening the card behind the name is looked at; from then
//! on it is known by what it is. In this order:
//!
//! 1. the same USB product with the same serial number, at any port;
//! 2. the same USB product at the same port, where not both tell a serial number: it may have none;
//!    a different one at this very port is a replacement, and taken;
//! 3. the same USB product at another port, where neither tells a serial number, if it is the only one
//!    that was not already there when ours left;
//! 4. for what is not USB: the same card id (`Mic` in `hw:CARD=Mic`).
//!
//! A card that is none of these is somebody else's: it is never recorded in place of the one that left.
//! Before the first opening nothing but the name is known, which is why `soundline devices` prints names
//! with the card's id.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::capture::CaptureError;

/// Prefixes whose first argument is a card. Others (`default`, `pulse`, a name of asound.conf) are
/// opened again by their name alone.
const CARD_PREFIXES: [&str; 6] = ["hw", "plughw", "sysdefault", "default", "front", "dsnoop"];

/// Where the kernel tells of its cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// `/proc/asound`: a folder `cardN` for each card, with `id` and, for USB, `usbid`.
    pub proc_asound: PathBuf,
    /// `/sys/class/sound`: `cardN/device` is a link into the tree of devices.
    pub sys_sound: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self { proc_asound: "/proc/asound".into(), sys_sound: "/sys/class/sound".into() }
    }
}

/// A USB device's marks.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Usb {
    product: String,
    serial: Option<String>,
    port: Option<String>,
}

/// A card that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Card {
    index: u32,
    id: String,
    usb: Option<Usb>,
}

/// Turns the PCM name asked for into the one to open now.
#[derive(Debug)]
pub struct Finder {
    asked: String,
    roots: Roots,
    known: Option<Card>,
    /// Ports of the cards like it that stayed when it left: theirs, not its new one.
    others: Option<Vec<String>>,
}

impl Finder {
    /// For a PCM name as the user wrote it.
    #[must_use]
    pub fn new(asked: &str, roots: Roots) -> Self {
        Self { asked: asked.to_owned(), roots, known: None, others: None }
    }

    /// The name to open now: the one asked for, with the number that the known card has today.
    ///
    /// # Errors
    /// Retryable: the known card is not there.
    pub fn name(&mut self) -> Result<String, CaptureError> {
        let (Some(known), Some(place)) = (&self.known, card_argument(&self.asked)) else {
            return Ok(self.asked.clone());
        };
        let cards = cards(&self.roots);
        let others = self.others.get_or_insert_with(|| ports_like(known, &cards));
        let index = find(known, &cards, others).ok_or_else(|| {
            CaptureError::passing(format!("{} has gone away: plug it in again", describe(&self.asked, known)))
        })?;
        // Where the name still leads to the card, it stays as the user knows it.
        if named(&self.asked[place.clone()], &cards).is_some_and(|card| card.index == index) {
            return Ok(self.asked.clone());
        }
        Ok(format!("{}{index}{}", &self.asked[..place.start], &self.asked[place.end..]))
    }

    /// Remembers the card behind the name. Call after each opening: the first one counts.
    pub fn learn(&mut self) {
        self.others = None;
        if self.known.is_none()
            && let Some(place) = card_argument(&self.asked)
        {
            self.known = named(&self.asked[place], &cards(&self.roots)).cloned();
        }
    }
}

fn describe(asked: &str, card: &Card) -> String {
    let usb = card.usb.as_ref().map(|usb| format!(", USB {}", usb.product)).unwrap_or_default();
    let serial = card.usb.as_ref().and_then(|usb| usb.serial.as_ref());
    let serial = serial.map(|serial| format!(", serial {serial}")).unwrap_or_default();
    format!("{asked} (card {}{usb}{serial})", card.id)
}

fn ports_like(known: &Card, cards: &[Card]) -> Vec<String> {
    let product = known.usb.as_ref().map(|usb| &usb.product);
    let like = cards.iter().filter_map(|card| card.usb.as_ref()).filter(|usb| Some(&usb.product) == product);
    like.filter_map(|usb| usb.port.clone()).collect()
}

/// Where in a PCM name the card stands: `1` in `hw:1,0`, `Mic` in `plughw:CARD=Mic,DEV=0`.
fn card_argument(name: &str) -> Option<Range<usize>> {
    let (prefix, arguments) = name.split_once(':')?;
    if !CARD_PREFIXES.contains(&prefix) {
        return None;
    }
    let mut start = prefix.len() + 1;
    for (place, argument) in arguments.split(',').enumerate() {
        let end = start + argument.len();
        if let Some(card) = argument.strip_prefix("CARD=") {
            return (!card.is_empty()).then(|| end - card.len()..end);
        }
        if place == 0 && !argument.contains('=') {
            return (!argument.is_empty()).then_some(start..end);
        }
        start = end + 1;
    }
    None
}

fn named<'c>(card: &str, cards: &'c [Card]) -> Option<&'c Card> {
    match card.parse::<u32>() {
        Ok(index) => cards.iter().find(|card| card.index == index),
        Err(_) => cards.iter().find(|there| there.id == card),
    }
}

/// The number that the known card has among those there now.
fn find(known: &Card, cards: &[Card], others: &[String]) -> Option<u32> {
    let Some(usb) = &known.usb else {
        return cards.iter().find(|card| card.usb.is_none() && card.id == known.id).map(|card| card.index);
    };
    let same: Vec<(u32, &Usb)> = cards
        .iter()
        .filter_map(|card| card.usb.as_ref().map(|usb| (card.index, usb)))
        .filter(|(_, there)| there.product == usb.product)
        .collect();
    let by_serial = same.iter().find(|(_, there)| usb.serial.is_some() && there.serial == usb.serial);
    let by_port = same.iter().find(|(_, there)| usb.port.is_some() && there.port == usb.port);
    let mut came = same.iter().filter(|(_, there)| {
        usb.serial.is_none()
            && there.serial.is_none()
            && there.port.as_ref().is_none_or(|port| !others.contains(port))
    });
    let alone = came.next().filter(|_| came.next().is_none());
    by_serial.or(by_port).or(alone).map(|(index, _)| *index)
}

/// The cards there now, by number. Empty where the kernel has no sound.
fn cards(roots: &Roots) -> Vec<Card> {
    let Ok(entries) = fs::read_dir(&roots.proc_asound) else {
        return Vec::new();
    };
    let mut cards: Vec<Card> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let index = name.strip_prefix("card")?.parse().ok()?;
            let id = line(&entry.path().join("id"))?;
            let usb = line(&entry.path().join("usbid"))
                .map(|product| usb(product, &roots.sys_sound.join(&name).join("device")));
            Some(Card { index, id, usb })
        })
        .collect();
    cards.sort_by_key(|card| card.index);
    cards
}

/// `device` links to the USB interface (`.../1-1.2/1-1.2:1.0`); its parent is the USB device, whose
/// folder is named after the port and holds the serial number.
fn usb(product: String, device: &Path) -> Usb {
    let folder = device.canonicalize().ok().and_then(|interface| Some(interface.parent()?.to_owned()));
    let port = folder.as_ref().and_then(|folder| Some(folder.file_name()?.to_str()?.to_owned()));
    let serial = folder.and_then(|folder| line(&folder.join("serial")));
    Usb { product, serial, port }
}

fn line(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
