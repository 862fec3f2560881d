//! The `soundline` program.

fn main() -> std::process::ExitCode {
    pi_host::app::main()
}
