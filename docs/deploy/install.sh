#!/usr/bin/env bash
# Install Vienphi from this folder into an environment of its own, without internet:
#
#   ./install.sh /opt/vienphi-new [MARK]
#
# MARK is what bundle.sh printed at its end; with it, a folder that was exchanged on its way is found.
set -euo pipefail
target=${1:?name the folder of the new environment, as /opt/vienphi-new}
cd "$(dirname "$0")"
[ ! -e "$target" ] || { echo "$target exists; name a new folder" >&2; exit 1; }
if [ -n "${2:-}" ] && [ "$(sha256sum < SHA256SUMS | cut -d' ' -f1)" != "$2" ]; then
  echo "SHA256SUMS is not the one of that mark: nothing is installed" >&2
  exit 1
fi
sha256sum --quiet --strict -c SHA256SUMS || { echo "a file was changed: nothing is installed" >&2; exit 1; }
# What nobody has listed must not be there either.
extra=$(find . -type f ! -name SHA256SUMS | LC_ALL=C sort | comm -23 - <(sed 's/^[0-9a-f]*  //' SHA256SUMS | LC_ALL=C sort))
[ -z "$extra" ] || { echo "not in SHA256SUMS: $extra" >&2; exit 1; }
python3 -m venv "$target"
pip="$target/bin/pip --disable-pip-version-check -q --no-cache-dir install --no-index --no-deps"
$pip --require-hashes --find-links wheels -r runtime.txt
$pip vienphi-*.whl
"$target/bin/pip" --disable-pip-version-check check
"$target/bin/vienphi" --help > /dev/null
echo "$target: $("$target/bin/vienphi" bom | grep -c '"purl"') parts installed"
