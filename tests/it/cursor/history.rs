//! Random histories of two cities: one is read by its cursor, of the other everything is read each time.

use std::collections::BTreeMap;
use std::time::Duration;

use super::town::{MINUTE, Town, is_incremental};
use crate::world::{guard, request, sync, uscc};

/// Random numbers from a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % u64::from(sides)) as u32
    }

    /// Some edit of the table by programs that never forget to stamp; late commits are within the overlap.
    fn edit(&mut self, town: &Town) -> String {
        let n = 1 + self.roll(14);
        let (key, name) = (uscc(n), format!("第{}代厂{n}", self.roll(1000)));
        let stamp = match self.roll(6) {
            0 => "null".to_owned(),
            1 => "''".to_owned(),
            2 => town.stamp("{t}", self.roll(14) * MINUTE),
            3 => "'2099-12-31 00:00:00'".to_owned(),
            _ => town.now(),
        };
        match self.roll(9) {
            0..4 => format!("update t_dw set mc = '{name}', gxsj = {stamp} where dm = '{key}'"),
            4 => format!("update t_dw set zt = 4, gxsj = {stamp} where dm = '{key}'"),
            5 => format!("update t_dw set zt = 1, gxsj = {stamp} where dm = '{key}'"),
            6 => format!("update t_dw set mc = '', gxsj = {stamp} where dm = '{key}'"),
            7 => format!("delete from t_dw where dm = '{key}'"),
            _ => format!("insert or ignore into t_dw values ('{key}', '{name}', 1, {stamp})"),
        }
    }
}

#[tokio::test]
async fn with_a_truthful_cursor_the_end_is_the_same_as_if_everything_had_been_read_each_time() {
    let given = std::env::var("QILU_CURSOR_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    for seed in 0..given.unwrap_or(4_u64) {
        let mut dice = Dice(seed);
        // Brakes would hold what is a large share of so few.
        let loose = [("max_withdraw_ratio = 0.05", "max_withdraw_ratio = 1.0\nmax_change_ratio = 1.0")];
        let (cheap, whole) = (Town::with(8, "{t}", &loose).await, Town::with(8, "{t}", &loose).await);
        let (mut done, mut incremental) = (Vec::new(), 0);
        for _ in 0..12 {
            let minutes = 1 + dice.roll(400);
            for town in [&cheap, &whole] {
                town.pass(minutes * MINUTE);
            }
            // Both towns' clocks began at other moments: each gets the edit in its own time.
            for _ in 0..dice.roll(4) {
                let before = dice.0;
                let sql = dice.edit(&cheap);
                dice.0 = before;
                let other = dice.edit(&whole);
                cheap.world.sql(&sql).await;
                whole.world.sql(&other).await;
                done.push(sql);
            }
            let report = cheap.scan().await;
            incremental += u32::from(is_incremental(&report));
            done.push(format!("{:?} {:?}", report.scan, report.counts));
            assert_eq!(report.counts.behind_cursor, 0, "seed {seed}: {done:#?}");
            whole.full().await;
            // What is owed leaves at once: an update that still waits when its row goes is dropped where that is seen.
            for town in [&cheap, &whole] {
                let guard = guard(&town.connector).await;
                let (request, patience) = (request(), Duration::from_secs(86_400));
                let sent = town.connector.deliver_until_quiet(&guard, "shandong", &request, patience, &());
                sent.await.expect("a delivery");
            }
        }
        // Deletions are found late; what follows from them is settled by the scan after that.
        for town in [&cheap, &whole] {
            town.full().await;
            sync(&town.connector).await;
            town.full().await;
        }
        let names = |state: BTreeMap<String, String>| -> BTreeMap<String, String> {
            // A row's print holds its stamp, which differs between the towns' clocks.
            let without_row = |line: String| {
                line.split(' ')
                    .enumerate()
                    .filter(|(at, _)| *at != 2)
                    .map(|(_, word)| word)
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            state.into_iter().map(|(key, line)| (key, without_row(line))).collect()
        };
        assert_eq!(names(cheap.state().await), names(whole.state().await), "seed {seed}: {done:#?}");
        assert!(incremental > 0, "seed {seed}: {done:#?}");
    }
}
