#!/usr/bin/env bash
# SciPy's and NumPy's own tests through the built package; see README.md beside this file. Exit 1 for a failure that is not expected.
set -u
cd "$(dirname "$0")"
export PAPILIO_DIST=${PAPILIO_DIST:-$PWD/../../dist/index.js}
[ -f "$PAPILIO_DIST" ] || { echo "no $PAPILIO_DIST: npm run build first" >&2; exit 2; }
venv=${TMPDIR:-/tmp}/papilio-scipy-venv
python=${PYTHON:-$venv/bin/python}
if [ ! -x "$python" ]; then
  python3 -m venv "$venv" && "$venv/bin/pip" -q install -r requirements.txt || { echo "no Python environment in $venv" >&2; exit 2; }
fi
export PYTHONPATH=$PWD
out=${PAPILIO_OUTDIR:-$(mktemp -d)}
mkdir -p "$out"
export PAPILIO_OUT=$out/tests.jsonl
: >"$PAPILIO_OUT"
declare -A modules=(
  [numpy]="numpy.fft.tests"
  [fft]="scipy.fft.tests scipy.fft._pocketfft.tests"
  [fftpack]="scipy.fftpack.tests"
  [spectral]="scipy.signal.tests.test_spectral"
  [stft]="scipy.signal.tests.test_short_time_fft"
  [windows]="scipy.signal.tests.test_windows"
  [peaks]="scipy.signal.tests.test_peak_finding"
  [signaltools]="scipy.signal.tests.test_signaltools"
  [czt]="scipy.signal.tests.test_czt"
)
for suite in ${@:-numpy fft fftpack spectral stft windows peaks signaltools czt}; do
  [ -n "${modules[$suite]:-}" ] || { echo "no suite \"$suite\"; expected ${!modules[*]}" >&2; exit 2; }
  start=$SECONDS
  PAPILIO_SUITE=$suite "$python" -m pytest -q --no-header --tb=short -p papilio_plugin -p no:cacheprovider \
    -W ignore::pytest.PytestUnknownMarkWarning --pyargs ${modules[$suite]} >"$out/$suite.txt" 2>&1
  echo "$suite: $(grep -E 'passed|failed' "$out/$suite.txt" | tail -1) [$((SECONDS - start)) s]"
done
"$python" summary.py "$PAPILIO_OUT"
