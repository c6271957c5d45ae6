//! Runs other programs: in the right folder, with the right toolchain and tools in front of the PATH,
//! and with every failure turned into one line that says what to do.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

/// After so long without a line from a child, we print one ourselves.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// How many of a child's last lines are kept to tell why it failed.
const TAIL: usize = 40;

/// Where and with what children run.
#[derive(Clone)]
pub struct Shell {
    /// The repository's folder.
    pub root: PathBuf,
    /// Where tools that we install live; one folder a user, shared by all clones.
    pub tools: PathBuf,
    /// The rustup toolchain for cargo, Trunk and wasm-pack; `None` is rustup's own choice.
    pub toolchain: Option<String>,
    path: OsString,
}

/// What becomes of a child's output.
pub enum Output<'a> {
    /// It is shown.
    Show,
    /// It goes into this file; a line now and then says that work goes on.
    Log(&'a Path),
}

impl Shell {
    /// The repository that this xtask was built from, and the user's folder of tools.
    pub fn new() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .context("crates/xtask lies in no repository")?
            .to_path_buf();
        let tools = tools_folder()?;
        let mut path = OsString::from(tools.join("bin"));
        path.push(":");
        path.push(tools.join("npm/node_modules/.bin"));
        if let Some(own) = std::env::var_os("PATH") {
            path.push(":");
            path.push(own);
        }
        Ok(Self {
            root,
            tools,
            toolchain: None,
            path,
        })
    }

    /// A command that starts in the repository's folder.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("PATH", &self.path);
        // `cargo xtask` describes xtask itself in the environment; a child must not take that for its own.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name == "CARGO"
                || name.starts_with("CARGO_PKG_")
                || name.starts_with("CARGO_MANIFEST_")
            {
                command.env_remove(&*name);
            }
        }
        command.env_remove("LD_LIBRARY_PATH");
        if let Some(own) = library_path_of_the_user() {
            command.env("LD_LIBRARY_PATH", own);
        }
        match &self.toolchain {
            Some(name) => command.env("RUSTUP_TOOLCHAIN", name),
            None => command.env_remove("RUSTUP_TOOLCHAIN"),
        };
        command
    }

    /// The same shell with another toolchain.
    pub fn with_toolchain(&self, toolchain: Option<String>) -> Self {
        Self {
            toolchain,
            ..self.clone()
        }
    }

    /// A file in `target/`, whose folder is made if need be.
    pub fn target_file(&self, name: &str) -> Result<PathBuf> {
        let path = self.root.join("target").join(name);
        make_folder_of(&path)?;
        Ok(path)
    }

    /// A folder in `target/`, made if need be.
    pub fn target_folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.root.join("target").join(name);
        fs::create_dir_all(&path)
            .with_context(|| format!("cannot make the folder {}", path.display()))?;
        Ok(path)
    }
}

/// Makes the folder that `path` lies in.
pub fn make_folder_of(path: &Path) -> Result<()> {
    match path.parent() {
        Some(folder) => fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display())),
        None => Ok(()),
    }
}

fn tools_folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("OCTET_TOOLS") {
        return std::path::absolute(folder).context("OCTET_TOOLS is no usable path");
    }
    let cache = match std::env::var_os("XDG_CACHE_HOME") {
        Some(cache) => PathBuf::from(cache),
        None => std::env::home_dir()
            .context("no home folder to keep tools in: set OCTET_TOOLS to a folder")?
            .join(".cache"),
    };
    Ok(cache.join("octet/tools"))
}

/// LD_LIBRARY_PATH without what cargo put in front of it for us: a child of another toolchain must
/// not find the compiler's libraries of this one.
fn library_path_of_the_user() -> Option<OsString> {
    let path = std::env::var_os("LD_LIBRARY_PATH")?;
    let own: Vec<PathBuf> = std::env::split_paths(&path)
        .filter(|folder| {
            let folder = folder.to_string_lossy();
            !folder.contains("/target/") && !folder.contains("/toolchains/")
        })
        .collect();
    if own.is_empty() {
        return None;
    }
    std::env::join_paths(own).ok()
}

/// Runs `command` to its end; a non-zero exit is an error.
pub fn run(command: Command, output: Output) -> Result<()> {
    run_limited(command, output, None)
}

/// Like [`run`], but gives up after `limit`.
pub fn run_limited(mut command: Command, output: Output, limit: Option<Duration>) -> Result<()> {
    let name = describe(&command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| cannot_start(&command, &error))?;

    let (sender, lines) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        forward(stdout, sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        forward(stderr, sender);
    }

    let mut log = match output {
        Output::Show => None,
        Output::Log(path) => {
            Some(File::create(path).with_context(|| format!("cannot write {}", path.display()))?)
        }
    };
    let start = Instant::now();
    let mut spoke = start;
    let mut tail = VecDeque::with_capacity(TAIL);
    let mut compiled = 0;
    loop {
        match lines.recv_timeout(Duration::from_millis(500)) {
            Ok(line) => {
                compiled += usize::from(line.trim_start().starts_with("Compiling "));
                match &mut log {
                    Some(log) => writeln!(log, "{line}").context("cannot write the log")?,
                    None => {
                        println!("    {line}");
                        spoke = Instant::now();
                    }
                }
                if tail.len() == TAIL {
                    tail.pop_front();
                }
                tail.push_back(line);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if spoke.elapsed() >= HEARTBEAT {
            spoke = Instant::now();
            let so_far = if compiled > 0 {
                format!(", {compiled} crates so far")
            } else {
                String::new()
            };
            println!("    … {name}: {}{so_far}", duration(start.elapsed()));
        }
        if limit.is_some_and(|limit| start.elapsed() > limit) {
            // It may have ended on its own in the meantime, which is as good.
            let _ = child.kill();
            let _ = child.wait();
            bail!("{name} took longer than {}", duration(start.elapsed()));
        }
    }
    let status = child
        .wait()
        .with_context(|| format!("cannot wait for {name}"))?;
    if status.success() {
        return Ok(());
    }
    if let Output::Log(path) = output {
        for line in tail.iter().rev().take(12).rev() {
            println!("    {line}");
        }
        println!("    (the whole output is in {})", path.display());
    }
    Err(why_it_failed(&name, tail.make_contiguous()))
}

/// What `command` writes to its standard output, trimmed.
pub fn capture(mut command: Command) -> Result<String> {
    let name = describe(&command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| cannot_start(&command, &error))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<String> = stderr.lines().map(str::to_owned).collect();
        return Err(why_it_failed(&name, &lines));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether `command` can be started and ends well; its output is thrown away.
pub fn succeeds(mut command: Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Says what is about to be done, does it, says how long it took.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {what}");
    let start = Instant::now();
    let result = work()?;
    println!("    {what}: {}", duration(start.elapsed()));
    Ok(result)
}

/// A duration for people.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 10.0 {
        format!("{seconds:.1} s")
    } else if seconds < 60.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}

fn forward(stream: impl Read + Send + 'static, lines: mpsc::Sender<String>) {
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        loop {
            line.clear();
            match stream.read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            // A progress bar redraws its line with \r: the last drawing is the one to keep.
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\n', '\r']);
            let text = text.rsplit('\r').next().unwrap_or(text);
            if lines.send(text.to_owned()).is_err() {
                return;
            }
        }
    });
}

/// The program and its first word, as in "cargo install".
fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut name = program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy()
        .into_owned();
    for word in command
        .get_args()
        .map(|word| word.to_string_lossy())
        .take(2)
    {
        if word.starts_with(['-', '/', '+']) {
            break;
        }
        name.push(' ');
        name.push_str(&word);
    }
    name
}

fn cannot_start(command: &Command, error: &std::io::Error) -> anyhow::Error {
    let program = command.get_program().to_string_lossy().into_owned();
    if error.kind() != ErrorKind::NotFound {
        return anyhow!("cannot start `{program}`: {error}");
    }
    let remedy = match program.as_str() {
        "python3" => "install Python 3 with pip (on Debian: apt-get install python3-pip)",
        "node" | "npm" => "install Node.js 20 or newer, which brings npm",
        "rustup" | "cargo" | "rustc" => "install Rust with rustup",
        "apt-get" => "install the missing packages by hand; this is no Debian",
        _ => "install it and run this again",
    };
    anyhow!("`{program}` is not installed: {remedy}")
}

/// What children say when the cause lies outside of them, and what to do then.
const KNOWN: [(&str, &[&str]); 4] = [
    (
        "the disk is full: free some space (target/ can be deleted) and run this again",
        // A linker that writes through a memory map dies of a bus error instead.
        &[
            "No space left on device",
            "os error 28",
            "ENOSPC",
            "Bus error",
        ],
    ),
    (
        "there is no network, or the package server does not answer: connect and run this again",
        &[
            "Could not resolve host",
            "Temporary failure in name resolution",
            "Temporary failure resolving",
            "Failed to establish a new connection",
            "NewConnectionError",
            "(from versions: none)",
            "Could not connect to",
            "failed to download from",
            "spurious network error",
            "Network is unreachable",
            "ENOTFOUND",
            "EAI_AGAIN",
            "ECONNREFUSED",
            "ETIMEDOUT",
        ],
    ),
    (
        "it may not write there: run this as root, or install what is named above by hand",
        &["Permission denied", "are you root?", "EACCES"],
    ),
    (
        "python3 has no pip: install it (on Debian: apt-get install python3-pip)",
        &["No module named pip"],
    ),
];

fn why_it_failed(name: &str, tail: &[String]) -> anyhow::Error {
    for (remedy, signs) in KNOWN {
        if tail
            .iter()
            .any(|line| signs.iter().any(|sign| line.contains(sign)))
        {
            return anyhow!("{name} failed: {remedy}");
        }
    }
    let is_error = |line: &&String| line.trim_start().starts_with("error");
    let last = || tail.iter().rev().find(|line| !line.trim().is_empty());
    match tail.iter().rev().find(is_error).or_else(last) {
        Some(line) => anyhow!("{name} failed: {}", line.trim()),
        None => anyhow!("{name} failed without a word"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(Duration::from_millis(1230)), "1.2 s");
        assert_eq!(duration(Duration::from_secs(42)), "42 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 05 s");
    }

    #[test]
    fn a_failure_names_its_remedy() {
        let tail = ["npm error code ENOSPC".to_owned(), "npm error".to_owned()];
        assert!(
            why_it_failed("npm ci", &tail)
                .to_string()
                .contains("disk is full")
        );
        let tail = ["something else".to_owned(), String::new()];
        assert_eq!(
            why_it_failed("cargo build", &tail).to_string(),
            "cargo build failed: something else"
        );
    }

    #[test]
    fn a_missing_program_is_one_line() {
        let error = run(Command::new("octet-no-such-program"), Output::Show)
            .map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err(
                "`octet-no-such-program` is not installed: install it and run this again"
                    .to_owned()
            )
        );
    }

    #[test]
    fn a_command_is_described_by_its_first_words() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["install", "--root", "x"]);
        assert_eq!(describe(&command), "cargo install");
    }
}
