#!/usr/bin/env bash
# The acceptance run of phase 1: configuration, identity, errors, shutdown. Ends with: N passed, N failed.
set -euo pipefail
cd "$(dirname "$0")"
exec node scripts/run.mjs prove --phase 1 --patience 600
