#!/usr/bin/env bash
# usage: tests/wheel/run.sh PYTHON        (make wheel-test calls it)
#
# Builds the source archive and from it the wheel, installs the wheel into an empty environment outside the clone, and
# runs a first session of a watch there. PYTHON is an interpreter that has `build`; with uv on PATH uv does both.
set -euo pipefail
case $1 in */*) python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1") ;; *) python=$1 ;; esac
clone=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
top=$(mktemp -d)
top=$(cd "$top" && pwd -P)
trap 'rm -rf "$top"' EXIT
unset PYTHONPATH VIRTUAL_ENV

step() { echo "wheel test: $*"; }

step "build"
if command -v uv >/dev/null; then
    uv build --quiet --python "$python" --out-dir "$top/dist" "$clone"
else
    "$python" -m build --outdir "$top/dist" "$clone" >"$top/build.log" 2>&1 || { cat "$top/build.log"; exit 1; }
fi
wheel=$(echo "$top"/dist/*.whl)

step "every file of the shipped folders is in $(basename "$wheel")"
"$python" - "$wheel" "$clone" <<'PY'
import pathlib, sys, zipfile
wheel, clone = zipfile.ZipFile(sys.argv[1]), pathlib.Path(sys.argv[2])
packed = set(wheel.namelist())
shipped = [
    path.relative_to(clone).as_posix()
    for folder in ("indicators", "models", "reports/templates")
    for path in (clone / folder).rglob("*")
    if path.is_file() and not path.name.startswith(".") and "__pycache__" not in path.parts
]
missing = [name for name in shipped if f"iw/_data/{name}" not in packed]
migrations = [name for name in packed if name.startswith("iw/log/migrations/")]
if missing or not shipped or not migrations:
    sys.exit(f"not in the wheel: {missing or 'the shipped folders or the migrations'}")
stray = [name for name in packed if name.split("/")[0] != "iw" and ".dist-info/" not in name]
if stray:
    sys.exit(f"in the wheel, and should not be: {stray}")
PY

step "install"
if command -v uv >/dev/null; then
    uv venv --quiet --python "$python" "$top/venv"
    uv pip install --quiet --python "$top/venv/bin/python" --constraint "$clone/constraints.txt" "$wheel"
else
    "$python" -m venv "$top/venv"
    "$top/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        --constraint "$clone/constraints.txt" "$wheel"
fi

# From here on nothing comes from the clone, nor from what the user of this machine has set up.
mkdir "$top/home" "$top/away"
cd "$top/away"
export HOME=$top/home
unset XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME
iw() { step "iw $*" >&2; "$top/venv/bin/iw" "$@"; }

where=$("$top/venv/bin/python" -c 'import iw; print(iw.__file__)')
case $where in "$top"/*) ;; *) echo "iw comes from $where, not from the wheel"; exit 1 ;; esac

version=$("$top/venv/bin/python" -c 'from importlib.metadata import version; print(version("iw-tracker"))')
iw --version >version.txt
grep -qF "$version" version.txt || { echo "iw --version says '$(cat version.txt)', not $version"; exit 1; }

iw init watch
iw --workspace watch log lethal-aid-warning --on 2026-06-01 --grade B2 --source "Example wire" \
    --text "A wire service reports that officials warned of planned lethal aid."
iw --workspace watch status --json >status.json
"$top/venv/bin/python" - status.json <<'PY'
import json, sys

def strings(value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value

with open(sys.argv[1], encoding="utf-8") as file:
    status = json.load(file)
if "war-support" not in set(strings(status)):
    sys.exit(f"the status does not name the problem war-support: {json.dumps(status)[:500]}")
PY
step "passed"
