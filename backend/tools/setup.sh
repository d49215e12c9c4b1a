#!/usr/bin/env bash
# Installs what is missing on a Debian 12+ or Ubuntu 22.04+ machine, and nothing that is there already.
#   setup.sh backend   .venv with backend/requirements.txt and the command .venv/bin/mmearth
#   setup.sh dev       the test and lint tools, into the same .venv
#   setup.sh qgis      QGIS, its Python, pytest for that Python, Xvfb and what drives a window (by apt)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "'$*' needs root; run as root, or install sudo."
    fi
}

apt_get() {
    local attempt
    for attempt in 1 2 3; do
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" </dev/null && return
        say "apt-get $1 failed (attempt $attempt of 3)"
        sleep $((attempt * 5))
    done
    fail "apt-get $* failed three times; read the messages above."
}

# Installs those of the named packages that dpkg does not know as installed.
apt_install() {
    local package missing=()
    for package in "$@"; do
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    command -v apt-get >/dev/null || fail "missing: ${missing[*]}. Without apt-get, install them by hand."
    say "apt-get install ${missing[*]}"
    apt_get update
    apt_get install -y --no-install-recommends "${missing[@]}"
}

# A Python that can make the environment: ≥ 3.11 with venv and pip. The system's own first: a version manager's
# Python on PATH may lack parts. PYTHON=... overrides.
usable_python() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-/usr/bin/python3}" /usr/bin/python3 /usr/bin/python3.1[1-9] python3; do
        usable_python "$candidate" && { command -v "$candidate"; return; }
    done
    return 1
}

setup_backend() {
    local python
    [ -z "${PYTHON:-}" ] || usable_python "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.11 or later with venv."
    if ! python=$(find_python); then
        apt_install python3 python3-venv
        # Ubuntu 22.04 has 3.10 as python3, and 3.11 beside it.
        find_python >/dev/null || apt_install python3.11 python3.11-venv
        python=$(find_python) || fail "no Python 3.11 or later found; name one with 'make PYTHON=/path/to/python3'."
    fi
    # Shared libraries that the wheels of torch (OpenMP) and rasterio (XML) expect of the system.
    ! command -v apt-get >/dev/null || apt_install libgomp1 libexpat1
    if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
        say "making .venv with $python"
        rm -rf .venv
        "$python" -m venv .venv
    fi
    say "installing backend/requirements.txt into .venv (PyTorch is large)"
    # PIP_ARGS may name another index, for example PyTorch's own for processors without an accelerator.
    # shellcheck disable=SC2086
    .venv/bin/python -m pip install --disable-pip-version-check ${PIP_ARGS:-} -r backend/requirements.txt |
        sed '/^Requirement already satisfied/d'
    # The package is used in place, never installed: no build folder, no second copy that may differ.
    printf '%s\n' "$root/backend" >"$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/mmearth.pth"
    cat >.venv/bin/mmearth <<'SCRIPT'
#!/bin/sh
exec "$(dirname -- "$(readlink -f -- "$0")")/python" -I -c 'import sys
from mmearth.__main__ import main
sys.argv[0] = "mmearth"
sys.exit(main())' "$@"
SCRIPT
    chmod +x .venv/bin/mmearth
    .venv/bin/python -I -c 'import mmearth, torch, rasterio, sklearn, pyogrio, h5py, matplotlib' ||
        fail "the environment in .venv does not work; 'make clean-venv' and try again."
}

setup_dev() {
    command -v git >/dev/null || apt_install git # package.py asks it which files belong to the plugin
    command -v lrelease >/dev/null || apt_install qttools5-dev-tools # compiles translations
    say "installing backend/tools/requirements-dev.txt into .venv"
    .venv/bin/python -m pip install --disable-pip-version-check -q -r backend/tools/requirements-dev.txt
}

setup_qgis() {
    apt_install qgis python3-qgis python3-pytest xvfb xauth openbox xdotool imagemagick
    /usr/bin/python3 -c 'import qgis.core, pytest' || fail "/usr/bin/python3 cannot import qgis.core and pytest."
}

case "${1:-}" in
backend) setup_backend ;;
dev) setup_dev ;;
qgis) setup_qgis ;;
*) fail "say what to set up: backend, dev or qgis." ;;
esac
