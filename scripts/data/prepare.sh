#!/usr/bin/env bash
# Regenerates data/*.wav from Debian packages (see data/PROVENANCE.md) and compares them with data/SHA256SUMS.
#
#   scripts/data/prepare.sh [FOLDER]
#
# FOLDER (default: a fresh one under /tmp) keeps the downloads; a .deb that is already there is used, so a package
# that has left the archive can be put there by hand (https://snapshot.debian.org has every version).
# Needs on a Debian 12 machine: apt-get, dpkg, python3 with venv, gresource (package libglib2.0-bin). Installs
# nothing: packages are unpacked, not installed, and Python packages go to FOLDER/venv.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$(mktemp -d /tmp/papilio-data.XXXXXX)}
mkdir -p "$work"
work=$(cd "$work" && pwd)
mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/packages/blanket/sounds"

# Debian 12 for the first two packages; blanket is in the unstable suite only.
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
for suite in bookworm sid; do
  echo "deb [signed-by=$keyring] http://deb.debian.org/debian $suite main"
done >"$work/apt/sources.list"
cat >"$work/apt/apt.conf" <<CONF
Dir::State::lists "$work/apt/lists";
Dir::Cache "$work/apt/cache";
Dir::Etc::sourcelist "$work/apt/sources.list";
Dir::Etc::sourceparts "-";
CONF
export APT_CONFIG="$work/apt/apt.conf"

# fetch PACKAGE VERSION SHA256: downloads the .deb unless it is there, checks it, unpacks it
fetch() {
  local deb="$work/$1_$2_all.deb"
  if [ ! -e "$deb" ]; then
    [ -n "$(ls -A "$work/apt/lists" --ignore=partial --ignore=lock)" ] || apt-get -q update
    (cd "$work" && apt-get -q download "$1=$2")
  fi
  echo "$3  $deb" | sha256sum --check --quiet
  dpkg -x "$deb" "$work/packages/$1"
}
fetch pocketsphinx-testdata '0.8+5prealpha+1-15' eaeb7a01d54f20b799d1a81ef110ec544b2cb47ea006614078220737a33019f0
fetch sonic-pi-samples '3.2.2~repack-8' 25f2312d2fae005e6ad0f4726b8ed3084e776006a5a132083506e960224ac79d
fetch blanket '0.8.0-2' 6b5569aa83b0bd91a4c2ceb21a5e420538f678cd605734beee3213fff22b079a

for sound in birds coffee-shop wind; do
  gresource extract "$work/packages/blanket/usr/share/blanket/blanket.gresource" \
    "/com/rafaelmardojai/Blanket/sounds/$sound.ogg" >"$work/packages/blanket/sounds/$sound.ogg"
done

[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet numpy==2.4.6 scipy==1.17.1 soundfile==0.14.0
"$work/venv/bin/python" "$root/scripts/data/recordings.py" "$work/packages" "$root/data"
(cd "$root/data" && sha256sum --check --quiet SHA256SUMS) && echo 'all recordings equal data/SHA256SUMS'
