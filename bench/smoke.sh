#!/usr/bin/env bash
# A measuring program runs, briefly, and what it says can be read: smoke.sh PYTHON PROGRAM
set -euo pipefail
"$2" --smoke | "$1" "$(dirname "$0")/report.py" --format json >/dev/null
