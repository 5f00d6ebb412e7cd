#!/usr/bin/env bash
# Make a folder from which a server without internet installs Vienphi:
#
#   docs/deploy/bundle.sh OUT      on a machine with internet, of the server's kind and Python
#   OUT/install.sh /opt/vienphi    on the server, after OUT was carried there
#
# Each library is the very file of requirements.lock (SHA-256); nothing is built on the server.
set -euo pipefail
out=${1:?name the folder to make}
here=$(cd "$(dirname "$0")/../.." && pwd)
[ ! -e "$out" ] || { echo "$out exists; name a new folder" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
pip="$work/venv/bin/pip --disable-pip-version-check -q"
mkdir -p "$out/wheels"
$pip wheel --no-deps -w "$out" "$here"
# Installed once here, to know what runs: the bill of materials follows what is installed.
$pip install -c <(sed -n 's/^\([A-Za-z0-9._-]*==[^ ;\\]*\).*/\1/p' "$here/requirements.lock") \
  "$(echo "$out"/vienphi-*.whl)[postgres]"
"$work/venv/bin/vienphi" bom > "$out/bom.json"
"$work/venv/bin/vienphi" bom --lock "$here/requirements.lock" > "$out/runtime.txt"
$pip download --require-hashes --no-deps --only-binary :all: -r "$out/runtime.txt" -d "$out/wheels"
cp "$here/docs/deploy/install.sh" "$here"/docs/deploy/*.service "$here"/docs/deploy/*.timer \
  "$here/docs/deploy/nginx.conf" "$here/docs/deploy/alerts.yml" "$here/LICENSE" "$out"
chmod 755 "$out/install.sh"
(cd "$out" && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum > SHA256SUMS)
echo "$out: $(find "$out/wheels" -type f | wc -l) libraries, $(du -sh "$out" | cut -f1)"
echo "its mark, to be told over another way: $(sha256sum < "$out/SHA256SUMS" | cut -d' ' -f1)"
