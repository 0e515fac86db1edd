#!/bin/sh
# usage: tools/venv.sh VENV REQUIREMENT
#
# Installs this project (REQUIREMENT is "." or ".[extras]") editable into VENV, at the versions of constraints.txt.
# Makes VENV first where it is missing or no longer runs: from $PYTHON if that is set, else from the newest suitable
# interpreter on this machine, else from one that uv fetches. Needs neither root nor a compiler.
set -eu
venv=$1
requirement=$2
python=$venv/bin/python
uv=$(command -v uv || true)

# The versions of Python for which every dependency publishes binaries.
suits() { "$1" -c 'import sys; sys.exit(not (3, 12) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1; }
can_make_venvs() { [ -n "$uv" ] || "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }
has_installer() { [ -n "$uv" ] || "$1" -m pip --version >/dev/null 2>&1; }
refuse() { echo "$*" >&2; exit 1; }

# A name on PATH proves nothing (pyenv puts shims there that refuse to run), so every candidate is run.
newest_suitable() {
    pyenv=${PYENV_ROOT:-$HOME/.pyenv}/versions
    for candidate in python3.14 "$pyenv"/3.14.*/bin/python python3.13 "$pyenv"/3.13.*/bin/python \
        python3.12 "$pyenv"/3.12.*/bin/python python3; do
        if suits "$candidate" && can_make_venvs "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

make_venv() {
    if [ -n "${PYTHON:-}" ]; then
        if suits "$PYTHON" && can_make_venvs "$PYTHON"; then
            base=$PYTHON
        elif [ -n "$uv" ]; then
            base=
            wanted=$PYTHON
        else
            refuse "PYTHON=$PYTHON does not run here as Python 3.12, 3.13 or 3.14 with venv: name another, or leave PYTHON unset."
        fi
    else
        base=$(newest_suitable)
        wanted=3.13
    fi
    rm -rf "$venv"
    if [ -n "$base" ] && [ -n "$uv" ]; then
        base=$("$base" -c 'import sys; print(sys.executable)')
        "$uv" venv --quiet --python "$base" "$venv"
    elif [ -n "$base" ]; then
        "$base" -m venv "$venv"
    elif [ -n "$uv" ]; then
        "$uv" venv --quiet --python "$wanted" "$venv"
    else
        refuse "Please install Python 3.13 (3.12 and 3.14 do too; on Debian and Ubuntu with its -venv package), or uv, and run make again."
    fi
}

if ! suits "$python" || ! has_installer "$python"; then
    make_venv
fi

echo "Installing $requirement into $venv with $("$python" -V)${uv:+ and uv} ..." >&2
if [ -n "$uv" ]; then
    "$uv" pip install --quiet --python "$python" --constraint constraints.txt --editable "$requirement"
else
    "$python" -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable "$requirement"
fi
