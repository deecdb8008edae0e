#!/usr/bin/env bash
# Runs every check this project has, in order, and stops at the first that fails:
#   ./test.sh                          all of them
#   ./test.sh tests/caching -k space   the tests alone; all arguments go to pytest
# Real PostgreSQL, Redis and a browser are used where they can be had; see tests/services. To use your own, set
# CACHERR_TEST_POSTGRES_URL, CACHERR_TEST_REDIS_URL or CACHERR_TEST_BROWSER.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # called as `sh test.sh`
set -euo pipefail

self=$(readlink -f -- "${BASH_SOURCE[0]}")
cd -- "${self%/*}"

headline() { printf '\n== %s ==\n' "$1"; }

stage() {
    headline "$1"
    local name=$1 code=0
    shift
    "$@" || code=$?
    [ "$code" = 0 ] || {
        printf '\nFAILED: %s (exit code %s). The checks after it were not run.\n' "$name" "$code"
        exit "$code"
    }
}

./start.sh --setup-only --with-test-tools
python=$PWD/.venv/bin/python

if [ $# = 0 ]; then
    # The checks read the settings, and must not meet the data of a Cacherr that is in use here.
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    unset DATABASE_URL REDIS_URL
    export CACHERR_CONFIG_DIR=$scratch

    stage "ruff check" "$python" -m ruff check .
    stage "ruff format" "$python" -m ruff format --check .
    stage "mypy" "$python" -m mypy
    stage "migrations are complete" "$python" manage.py makemigrations --check --dry-run

    rm -rf "$scratch"
    trap - EXIT
    set -- -n 2
fi

headline pytest
exec "$python" -m tests.services -- "$python" -m pytest "$@"
