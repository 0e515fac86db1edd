#!/bin/sh
# usage: tools/constraints.sh VENV
#
# Resolves the newest versions of all dependencies, extras included, once for every supported Python and platform, and
# writes them to constraints.txt. One name, one version, no addresses and no conditions: a line for a package that is not
# installed does no harm. Uses uv from PATH, else installs it into VENV.
set -eu
new=$(mktemp)
trap 'rm -f "$new"' EXIT
uv=$(command -v uv || echo "$1/bin/uv")
if [ ! -x "$uv" ]; then
    { "$1/bin/python" -m ensurepip && "$1/bin/python" -m pip install uv; } >"$new" 2>&1 || { cat "$new" >&2; exit 1; }
fi
"$uv" pip compile --quiet --universal --python-version 3.12 --all-extras --upgrade \
    --no-annotate --no-header --no-emit-index-url --no-emit-find-links pyproject.toml |
    sed 's/ *;.*//' | LC_ALL=C sort -u >"$new"
bad=$(grep -vE '^[a-z0-9.-]+==[A-Za-z0-9.!+]+$' "$new" || true)
twice=$(cut -d= -f1 "$new" | uniq -d)
if [ ! -s "$new" ] || [ -n "$bad$twice" ]; then
    echo "constraints.txt is left as it was: no result, a line that is not name==version, or two versions of one name:" >&2
    echo "$bad $twice" >&2
    exit 1
fi
cat "$new" >constraints.txt
