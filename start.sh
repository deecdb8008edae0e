#!/usr/bin/env bash
# Starts Cacherr on a machine that has Python 3.11 or newer and nothing else. The first start makes .venv beside
# this file and installs what requirements.lock lists, checked by hash; later starts find that done.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # called as `sh start.sh`
set -euo pipefail

help() {
    cat <<'TEXT'
Usage: ./start.sh [options]

Installs Cacherr beside this file (the first time) and starts it. Stop it with Ctrl-C.

  --demo             show Cacherr with a small made-up library; your own Plex and files stay out of it
  --host H           the address to listen on
  --port N           the port to listen on (5445)
  --setup-only       install, and do not start
  --with-test-tools  install what ./test.sh needs as well
  --help             show this
TEXT
}

say() { printf '%s\n' "$*" >&2; }
die() {
    say "start.sh: $2"
    exit "$1"
}

setup_only=no
locks=(requirements.lock)
serve=()
while [ $# -gt 0 ]; do
    case $1 in
    --demo | --host=?* | --port=?*) serve+=("$1") ;;
    --host | --port)
        [ -n "${2:-}" ] || die 2 "$1 needs a value (see ./start.sh --help)"
        serve+=("$1" "$2")
        shift
        ;;
    --setup-only) setup_only=yes ;;
    --with-test-tools) locks=(requirements.lock requirements-dev.lock) ;;
    -h | --help)
        help
        exit 0
        ;;
    *) die 2 "unknown option $1 (see ./start.sh --help)" ;;
    esac
    shift
done

self=$(readlink -f -- "${BASH_SOURCE[0]}")
cd -- "${self%/*}"

stamp=.venv/cacherr-installed
busy=.venv.busy

have_uv() { uv --version >/dev/null 2>&1; }

# One line for each lock file: Python's version, the lock's name and checksum. Fails when .venv cannot be used,
# for instance because the system's Python was replaced by a newer one that does not look into the old folder.
fingerprint() {
    .venv/bin/python -c '
import hashlib, pathlib, sys, sysconfig
if sys.version_info < (3, 11) or not pathlib.Path(sysconfig.get_path("purelib")).is_dir():
    sys.exit(1)
for name in sys.argv[1:]:
    print(sys.version.split()[0], name, hashlib.sha256(pathlib.Path(name).read_bytes()).hexdigest())
' "${locks[@]}" 2>/dev/null
}

installed() {
    local lines line
    [ -f "$stamp" ] || return 1
    lines=$(fingerprint) || return 1
    while IFS= read -r line; do
        grep -Fxq -- "$line" "$stamp" || return 1
    done <<<"$lines"
}

# Runs something long so that a signal to this script also ends it, and never reads the keyboard.
child=
run() {
    "$@" </dev/null &
    child=$!
    wait "$child"
    child=
}
trap '[ -z "$child" ] || kill "$child" 2>/dev/null; exit 130' INT
trap '[ -z "$child" ] || kill "$child" 2>/dev/null; exit 143' TERM HUP

# The file $busy names the process that installs. Found without that process, or after a failure, half a package
# may lie in .venv and look complete to the installer: then .venv is made anew.
claim() {
    local owner
    until (set -C && echo $$ >"$busy") 2>/dev/null; do
        [ -e "$busy" ] || die 1 "cannot write into $PWD; give yourself the right to write there, or copy Cacherr elsewhere"
        read -r owner <"$busy" || owner=
        if [ -n "$owner" ] && kill -0 "$owner" 2>/dev/null; then
            say "Another start.sh is installing (process $owner); waiting for it."
            sleep 2
        else
            say "An earlier installation did not end well; making .venv anew."
            rm -rf .venv "$busy"
        fi
    done
}

# Prints a Python that can do the job. uv brings its own way to make a .venv, so then the version alone matters.
find_python() {
    local name without_venv=
    for name in python3.13 python3.12 python3.11 python3 python; do
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
        if have_uv || "$name" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
        without_venv=${without_venv:-$name}
    done
    if [ -n "$without_venv" ]; then
        die 1 "$without_venv lacks its venv module; install it (Debian, Ubuntu: apt-get install python3-venv) and start again"
    fi
    die 1 "no Python 3.11 or newer found; install one (Debian, Ubuntu: apt-get install python3 python3-venv) and start again"
}

make_venv() {
    say "Making .venv with $("$1" --version) ..."
    rm -rf .venv
    if have_uv; then
        run uv venv --quiet --python "$1" .venv
    else
        run "$1" -m venv .venv
    fi
}

install_packages() {
    local lock requirements=()
    for lock in "${locks[@]}"; do
        requirements+=(-r "$lock")
    done
    say "Installing the packages of ${locks[*]}; this takes a minute or two the first time ..."
    if have_uv; then
        run uv pip install --quiet --python .venv/bin/python --compile-bytecode --require-hashes "${requirements[@]}"
    else
        .venv/bin/python -m pip --version >/dev/null 2>&1 || run .venv/bin/python -m ensurepip --upgrade
        run .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes "${requirements[@]}"
    fi
}

# A script of our own and not `pip install -e .`: that would have to fetch a build tool, and would write the path of
# this folder down, so that a folder that was moved, or has a space in its name, ends in a broken command.
write_command() {
    cat >.venv/bin/cacherr <<'SCRIPT'
#!/bin/sh
self=$(readlink -f -- "$0")
bin=${self%/*}
exec "$bin/python" "$bin/../../manage.py" "$@"
SCRIPT
    chmod +x .venv/bin/cacherr
}

set_up() {
    local python
    python=$(find_python)
    claim
    if ! installed; then # another start.sh may have done it in the meantime
        fingerprint >/dev/null || make_venv "$python"
        rm -f "$stamp"
        install_packages
        write_command
        # Without it the first start would take three times as long. A file it cannot compile is no reason to stop here.
        .venv/bin/python -m compileall -q cacherr plexusers importlists caching || true
        fingerprint >"$stamp.new"
        mv "$stamp.new" "$stamp"
    fi
    rm -f "$busy"
}

{ [ ! -e "$busy" ] && installed; } || set_up
[ "$setup_only" = no ] || exit 0
trap - INT TERM HUP
exec .venv/bin/python manage.py serve ${serve[@]+"${serve[@]}"} # this form, because old bash takes an empty list for unset
