//! Boards that networks are put on, and what fits on them.

use octet_protocol::{BoardFit, BoardFits, Verdict};

/// Flash memory of the STM32H743, in bytes.
pub(crate) const STM32H743_FLASH: u64 = 2 << 20;
/// RAM of the STM32H743, in bytes.
pub(crate) const STM32H743_RAM: u64 = 1 << 20;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// Runtime, program, stack and radio want room too. How much they take differs; where more than this share is used,
/// it is worth a look.
const COMFORTABLE: f64 = 0.75;

/// A board.
struct Board {
    name: &'static str,
    /// None where files are on a card.
    flash: Option<u64>,
    ram: u64,
    /// The largest part of the RAM that has consecutive addresses, and its name; None where that is all of it.
    block: Option<(u64, &'static str)>,
    source: &'static str,
}

const BOARDS: [Board; 6] = [
    Board {
        name: "Arduino Nano 33 BLE",
        flash: Some(MIB),
        ram: 256 * KIB,
        block: None,
        source: "Arduino, data sheet ABX00030: nRF52840",
    },
    Board {
        name: "ESP32 (WROOM-32E)",
        flash: Some(4 * MIB),
        ram: 520 * KIB,
        block: Some((328 * KIB, "SRAM 1 and 2")),
        source: "Espressif, data sheet ESP32-WROOM-32E (N4) and ESP32 Technical Reference Manual",
    },
    Board {
        name: "ESP32-S3 (WROOM-1)",
        flash: Some(8 * MIB),
        ram: 512 * KIB,
        block: Some((416 * KIB, "SRAM 1")),
        source: "Espressif, data sheet ESP32-S3-WROOM-1 (N8, no PSRAM) and ESP32-S3 Technical Reference Manual",
    },
    Board {
        name: "STM32H743",
        flash: Some(STM32H743_FLASH),
        ram: STM32H743_RAM,
        block: Some((512 * KIB, "AXI SRAM")),
        source: "STMicroelectronics, data sheet DS12110",
    },
    Board {
        name: "RP2040 (Raspberry Pi Pico)",
        flash: Some(2 * MIB),
        ram: 264 * KIB,
        block: None,
        source: "Raspberry Pi, data sheets RP2040 and Pico",
    },
    Board {
        name: "Raspberry Pi 4 Model B",
        flash: None,
        ram: 1 << 30,
        block: None,
        source: "Raspberry Pi, data sheet 4 Model B: from 1 GB up",
    },
];

/// What a network needs, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Need {
    /// Its file.
    pub(crate) file: u64,
    /// Its activations and the runtime's bookkeeping.
    pub(crate) arena: u64,
}

/// Every board, and which of these fit on it.
pub(crate) fn fits(needs: &[Need]) -> Vec<BoardFits> {
    BOARDS
        .iter()
        .map(|board| BoardFits {
            name: board.name.to_owned(),
            flash: board.flash,
            ram: board.ram,
            source: board.source.to_owned(),
            fits: needs.iter().map(|&need| fit(board, need)).collect(),
        })
        .collect()
}

fn fit(board: &Board, Need { file, arena }: Need) -> BoardFit {
    let verdict = |verdict, reason| BoardFit { verdict, reason };
    let share = |used: u64, of: u64| used as f64 / of.max(1) as f64;
    let Some(flash) = board.flash else {
        // The runtime maps the file into memory.
        let used = file.saturating_add(arena);
        if used > board.ram {
            let reason = format!("file and arena {} of {}", amount(used), amount(board.ram));
            return verdict(Verdict::No, reason);
        }
        let reason = format!("file and arena {}", in_percent(share(used, board.ram)));
        return verdict(Verdict::Yes, reason);
    };
    let mut missing = Vec::new();
    if file > flash {
        missing.push(format!("file {:.1} × the flash", share(file, flash)));
    }
    if arena > board.ram {
        missing.push(format!("arena {:.1} × the RAM", share(arena, board.ram)));
    }
    if !missing.is_empty() {
        return verdict(Verdict::No, missing.join(", "));
    }
    if let Some((block, name)) = board.block
        && arena > block
    {
        let reason = format!(
            "arena larger than the largest block, {} of {name}",
            amount(block)
        );
        return verdict(Verdict::Partly, reason);
    }
    let used = format!(
        "flash {}, RAM {}",
        in_percent(share(file, flash)),
        in_percent(share(arena, board.ram))
    );
    let is_tight = share(file, flash).max(share(arena, board.ram)) > COMFORTABLE;
    if is_tight {
        return verdict(
            Verdict::Partly,
            format!("{used}: little left for a program"),
        );
    }
    verdict(Verdict::Yes, used)
}

fn in_percent(share: f64) -> String {
    if share < 0.01 {
        "under 1 %".to_owned()
    } else {
        format!("{:.0} %", share * 100.0)
    }
}

/// `416 KiB`, `3.39 MiB`.
fn amount(bytes: u64) -> String {
    if bytes >= MIB {
        format!("{:.2} MiB", bytes as f64 / MIB as f64)
    } else {
        format!("{:.0} KiB", bytes as f64 / KIB as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(file: u64, arena: u64) -> Vec<Verdict> {
        let needs = [Need { file, arena }];
        let boards = fits(&needs).into_iter();
        boards
            .flat_map(|board| board.fits)
            .map(|fit| fit.verdict)
            .collect()
    }

    #[test]
    fn what_is_tiny_fits_and_what_is_huge_does_not() {
        assert_eq!(verdicts(20_000, 10_000), [Verdict::Yes; 6]);
        assert_eq!(verdicts(u64::MAX, u64::MAX), [Verdict::No; 6]);
        let large = verdicts(14_000_000, 5_700_000);
        assert_eq!(large[..5], [Verdict::No; 5]);
        assert_eq!(large[5], Verdict::Yes);
    }

    #[test]
    fn an_arena_is_one_block_and_leaves_room() {
        let [nano, esp32, s3, stm, rp2040, _] = verdicts(100_000, 450 * KIB)[..] else {
            panic!("another number of boards");
        };
        assert_eq!([nano, rp2040], [Verdict::No; 2]);
        assert_eq!([esp32, s3], [Verdict::Partly; 2]);
        assert_eq!(stm, Verdict::Yes);
        // 230 KiB leave a Nano 26.
        let [nano, esp32, ..] = verdicts(100_000, 230 * KIB)[..] else {
            panic!("another number of boards");
        };
        assert_eq!((nano, esp32), (Verdict::Partly, Verdict::Yes));
    }

    #[test]
    fn reasons_name_what_is_missing() {
        let needs = [Need {
            file: 4 << 20,
            arena: 512 * KIB,
        }];
        let reasons: Vec<_> = fits(&needs).into_iter().flat_map(|b| b.fits).collect();
        assert_eq!(
            reasons[0].reason,
            "file 4.0 × the flash, arena 2.0 × the RAM"
        );
        assert_eq!(amount(416 * KIB), "416 KiB");
        assert_eq!(amount(3_554_672), "3.39 MiB");
    }
}
