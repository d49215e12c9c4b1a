#!/usr/bin/env bash
# Runs every test and check and ends with one line for each part; fails if any part fails. Called by `make test`,
# which has set up .venv and QGIS before.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
lines=()
failed=0

# part NAME COMMAND...: runs it, keeps its last summary line.
part() {
    local name=$1 status summary
    shift
    printf '\n\033[1m== %s\033[0m\n' "$name"
    "$@" </dev/null 2>&1 | tee "$logs/log"
    status=${PIPESTATUS[0]}
    summary=$(grep -E '(passed|failed|error|no tests ran|skipped).* in [0-9.]+s' "$logs/log" | tail -n 1)
    [ -n "$summary" ] || summary=$(grep -v '^[[:space:]]*$' "$logs/log" | tail -n 1)
    if [ "$status" -ne 0 ]; then
        failed=1
        lines+=("FAILED ($status)  $name: $summary")
    else
        lines+=("ok  $name: $summary")
    fi
}

# Real QGIS: the system's Python, where apt put qgis and pytest. Everything else: .venv.
in_qgis=(tests/plugin)
left_to_qgis=(--ignore=tests/plugin)
for file in tests/contract/test_backend_process.py tests/contract/test_remote.py; do
    in_qgis+=("$file")
    left_to_qgis+=(--ignore="$file")
done
pytest_options=(-p no:cacheprovider -ra --durations=5)

part "lint" make --no-print-directory lint
part "backend, contract, package" \
    env -u DISPLAY -u WAYLAND_DISPLAY timeout 40m .venv/bin/python -m pytest tests "${left_to_qgis[@]}" "${pytest_options[@]}"
part "plugin in real QGIS" \
    env QT_QPA_PLATFORM=offscreen timeout 40m /usr/bin/python3 -m pytest "${in_qgis[@]}" "${pytest_options[@]}"

printf '\n\033[1m== summary\033[0m\n'
printf '%s\n' "${lines[@]}"
exit "$failed"
