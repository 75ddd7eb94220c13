// std::process: ns from kill to known status, threads with pending waits, what it says of a non-child. Arguments: rounds, waits, PID.
// A wait blocks, so each pending one takes a thread.
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

fn start() -> Child {
    Command::new("/bin/sleep").arg("1000").spawn().unwrap()
}

fn main() {
    let arguments: Vec<usize> = std::env::args().skip(1).map(|a| a.parse().unwrap()).collect();
    for _ in 0..arguments[0] {
        let mut child = start();
        thread::sleep(Duration::from_millis(2));
        let begin = Instant::now();
        child.kill().unwrap();
        child.wait().unwrap();
        print!("{} ", begin.elapsed().as_nanos());
    }
    println!();

    let children: Vec<Child> = (0..arguments[1]).map(|_| start()).collect();
    let ids: Vec<String> = children.iter().map(|c| c.id().to_string()).collect();
    let waits: Vec<_> = children
        .into_iter()
        .map(|mut child| thread::spawn(move || child.wait().unwrap()))
        .collect();
    thread::sleep(Duration::from_millis(500));
    println!("{}", std::fs::read_dir("/proc/self/task").unwrap().count());

    // A pending wait has the child for itself. The PID is the child's until that wait has reaped it.
    for chunk in ids.chunks(100) {
        Command::new("/bin/kill").arg("-KILL").args(chunk).status().unwrap();
    }
    for wait in waits {
        wait.join().unwrap();
    }
    println!("has no call for it");
}
