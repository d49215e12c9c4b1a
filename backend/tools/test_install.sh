#!/usr/bin/env bash
# The real packages of the lock for this machine, from an index on the loopback address, in a fresh profile of QGIS; then
# full and read-only disks, kill -9 at any moment, two at once; at last, whether the locks still resolve.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
wheels=$PWD/build/wheels
version=$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
lock=resources/locks/linux-x86_64-cpu/python$version.txt
mkdir -p "$wheels"
# PIP_ARGS may name PyTorch's own index, which has its build for processors.
# shellcheck disable=SC2086
.venv/bin/python -m pip download --disable-pip-version-check -q --no-deps --only-binary :all: ${PIP_ARGS:-} -d "$wheels" -r "$lock"
.venv/bin/python -m pip download --disable-pip-version-check -q --no-deps --only-binary :all: \
    --platform manylinux_2_17_x86_64 -d "$wheels" "$(sed -n 's/ .*linux-x86_64$//p' resources/locks/uv.txt)"
rm -f build/bundle.zip
.venv/bin/python backend/tools/offline_bundle.py --platform linux-x86_64 --build cpu --python "$version" --out build/bundle.zip
export MMEARTH_INSTALL_WHEELS=$wheels MMEARTH_INSTALL_BUNDLE=$PWD/build/bundle.zip MMEARTH_TEST_INSTALL=1
export QT_QPA_PLATFORM=offscreen
/usr/bin/python3 -m pytest -p no:cacheprovider -s -q tests/plugin/install tests/plugin/e2e/test_install.py
.venv/bin/python backend/tools/locks.py check
