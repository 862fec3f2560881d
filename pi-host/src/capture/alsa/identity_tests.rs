use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

/// A made-up kernel: cards can be put in and pulled.
struct Machine {
    dir: TempDir,
    roots: Roots,
}

impl Machine {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots { proc_asound: dir.path().join("proc"), sys_sound: dir.path().join("sys") };
        fs::create_dir(&roots.proc_asound).unwrap();
        fs::create_dir(&roots.sys_sound).unwrap();
        Self { dir, roots }
    }

    fn card(&self, index: u32, id: &str) {
        let folder = self.roots.proc_asound.join(format!("card{index}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("id"), format!("{id}\n")).unwrap();
    }

    fn usb(&self, index: u32, id: &str, product: &str, port: &str, serial: Option<&str>) {
        self.card(index, id);
        let name = format!("card{index}");
        fs::write(self.roots.proc_asound.join(&name).join("usbid"), format!("{product}\n")).unwrap();
        let interface = self.dir.path().join("devices").join(port).join(format!("{port}:1.0"));
        fs::create_dir_all(&interface).unwrap();
        if let Some(serial) = serial {
            fs::write(interface.with_file_name("serial"), format!("{serial}\n")).unwrap();
        }
        fs::create_dir(self.roots.sys_sound.join(&name)).unwrap();
        symlink(&interface, self.roots.sys_sound.join(&name).join("device")).unwrap();
    }

    fn pull(&self, index: u32) {
        let name = format!("card{index}");
        fs::remove_dir_all(self.roots.proc_asound.join(&name)).unwrap();
        if let Ok(device) = self.roots.sys_sound.join(&name).join("device").canonicalize() {
            fs::remove_dir_all(device.parent().unwrap()).unwrap();
            fs::remove_dir_all(self.roots.sys_sound.join(&name)).unwrap();
        }
    }

    fn finder(&self, asked: &str) -> Finder {
        let mut finder = Finder::new(asked, self.roots.clone());
        finder.learn();
        finder
    }
}

const MIC: &str = "046d:0825";

#[test]
fn the_card_stands_where_alsa_reads_it() {
    for (name, card) in [
        ("hw:1,0", Some("1")),
        ("hw:1", Some("1")),
        ("plughw:Mic", Some("Mic")),
        ("hw:CARD=Mic,DEV=0", Some("Mic")),
        ("hw:DEV=0,CARD=Mic", Some("Mic")),
        ("default:CARD=2", Some("2")),
        ("hw:", None),
        ("hw:CARD=", None),
        ("hw:DEV=0", None),
        ("default", None),
        ("mine:1,0", None),
        ("plug:'hw:1,0'", None),
    ] {
        assert_eq!(card_argument(name).map(|place| &name[place]), card, "{name}");
    }
}

#[test]
fn a_microphone_that_comes_back_under_another_number_is_found() {
    let machine = Machine::new();
    machine.card(0, "Headphones");
    machine.usb(1, "Mic", MIC, "1-1.2", None);
    let mut finder = machine.finder("hw:1,0");
    assert_eq!(finder.name().unwrap(), "hw:1,0");
    machine.pull(1);
    let error = finder.name().unwrap_err();
    assert!(error.retryable && error.message.contains("hw:1,0 (card Mic, USB 046d:0825)"), "{error}");
    machine.usb(3, "Mic_1", MIC, "1-1.2", None);
    assert_eq!(finder.name().unwrap(), "hw:3,0");
}

#[test]
fn another_card_under_the_old_number_is_not_taken() {
    let machine = Machine::new();
    machine.usb(1, "Mic", MIC, "1-1.2", None);
    let mut finder = machine.finder("plughw:CARD=1,DEV=0");
    machine.pull(1);
    machine.usb(1, "Camera", "1908:2310", "1-1.2", None);
    assert!(finder.name().is_err());
    machine.usb(2, "Mic", MIC, "1-1.4", None);
    assert_eq!(finder.name().unwrap(), "plughw:CARD=2,DEV=0");
}

#[test]
fn of_two_alike_the_serial_number_decides_and_then_the_port() {
    let machine = Machine::new();
    machine.usb(1, "Mic", MIC, "1-1.1", Some("A"));
    machine.usb(2, "Mic_1", MIC, "1-1.2", Some("B"));
    let mut finder = machine.finder("hw:Mic_1");
    // Both move; the kernel swaps their ids.
    machine.pull(1);
    machine.pull(2);
    machine.usb(1, "Mic", MIC, "1-1.3", Some("B"));
    machine.usb(2, "Mic_1", MIC, "1-1.4", Some("A"));
    assert_eq!(finder.name().unwrap(), "hw:1");

    let machine = Machine::new();
    machine.usb(1, "Mic", MIC, "1-1.1", None);
    machine.usb(2, "Mic_1", MIC, "1-1.2", None);
    let mut finder = machine.finder("hw:Mic");
    machine.pull(1);
    // The other one stays where it is: it is not ours.
    assert!(finder.name().is_err());
    machine.usb(3, "Mic_3", MIC, "1-1.3", None);
    assert_eq!(finder.name().unwrap(), "hw:3");
    machine.usb(4, "Mic_2", MIC, "1-1.1", None);
    assert_eq!(finder.name().unwrap(), "hw:4");
}

#[test]
fn a_replacement_is_taken_at_the_same_port_alone() {
    let machine = Machine::new();
    machine.usb(1, "Mic", MIC, "1-1.1", Some("A"));
    let mut finder = machine.finder("hw:CARD=Mic");
    machine.pull(1);
    machine.usb(1, "Mic", MIC, "1-1.2", Some("B"));
    assert!(finder.name().unwrap_err().message.contains("serial A"));
    machine.pull(1);
    machine.usb(1, "Mic", MIC, "1-1.1", Some("B"));
    assert_eq!(finder.name().unwrap(), "hw:CARD=Mic");
}

#[test]
fn what_is_not_usb_is_known_by_its_id() {
    let machine = Machine::new();
    machine.card(0, "sndi2s");
    let mut finder = machine.finder("hw:0");
    machine.pull(0);
    machine.usb(0, "Mic", MIC, "1-1.1", None);
    assert!(finder.name().is_err());
    machine.card(1, "sndi2s");
    assert_eq!(finder.name().unwrap(), "hw:1");
}

#[test]
fn without_a_known_card_the_name_stays() {
    let machine = Machine::new();
    for name in ["default", "hw:7,0", "pulse"] {
        assert_eq!(machine.finder(name).name().unwrap(), name);
    }
    let nowhere = Roots { proc_asound: "/nonexistent".into(), sys_sound: "/nonexistent".into() };
    assert_eq!(Finder::new("hw:1,0", nowhere).name().unwrap(), "hw:1,0");
}
