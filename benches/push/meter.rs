//! Wall clock and processor seconds of this process, as the kernel counts them.

use std::fs;

use qilu::clock::Clock;

pub struct Meter {
    clock: Clock,
    cpu: f64,
}

impl Meter {
    pub fn start() -> Self {
        Meter { clock: Clock::machine(), cpu: cpu_seconds() }
    }

    pub fn report(&self, what: &str, records: u64) {
        let wall = self.clock.elapsed().as_secs_f64();
        let cpu = cpu_seconds() - self.cpu;
        let rate = records as f64 / wall;
        println!("{what:<18} {rate:>9.0} records/s  {wall:>7.2} s wall  {cpu:>7.2} s CPU");
    }
}

/// User and system time; the kernel counts in hundredths of a second.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks = |index: usize| fields[index].parse::<f64>().expect("a number");
    (ticks(11) + ticks(12)) / 100.0
}
