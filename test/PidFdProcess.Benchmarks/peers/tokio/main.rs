// tokio::process: ns from kill to known status, threads with pending waits, what it says of a non-child. Arguments: rounds, waits, PID.
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

fn start() -> Child {
    Command::new("/bin/sleep").arg("1000").spawn().unwrap()
}

fn main() {
    tokio::runtime::Runtime::new().unwrap().block_on(run());
}

async fn run() {
    let arguments: Vec<usize> = std::env::args().skip(1).map(|a| a.parse().unwrap()).collect();
    for _ in 0..arguments[0] {
        let mut child = start();
        let id = child.id().unwrap() as i32;
        let wait = tokio::spawn(async move { child.wait().await.unwrap() });
        tokio::time::sleep(Duration::from_millis(2)).await;
        let begin = Instant::now();
        unsafe { kill(id, 9) };
        wait.await.unwrap();
        print!("{} ", begin.elapsed().as_nanos());
    }
    println!();

    let children: Vec<Child> = (0..arguments[1]).map(|_| start()).collect();
    let ids: Vec<i32> = children.iter().map(|child| child.id().unwrap() as i32).collect();
    let waits: Vec<_> = children
        .into_iter()
        .map(|mut child| tokio::spawn(async move { child.wait().await.unwrap() }))
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    println!("{}", std::fs::read_dir("/proc/self/task").unwrap().count());

    // A pending wait has the child for itself. The PID is the child's until that wait has reaped it.
    for id in ids {
        unsafe { kill(id, 9) };
    }
    for wait in waits {
        wait.await.unwrap();
    }
    println!("has no call for it");
}

extern "C" {
    fn kill(id: i32, signal: i32) -> i32;
}
