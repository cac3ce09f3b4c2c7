#!/usr/bin/env bash
# The firmware of this folder, built for a Cortex-M4F and run under QEMU; then the same samples through the library in Node, which
# must print the same. Needs gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm. From the root: examples/firmware/run.sh
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
support="$here/../../bench/embedded/support"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
npm run -s papilio -- compile --preset kaldi --to c --name front --out "$work" >&2
arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -std=gnu11 -O2 -ffp-contract=off \
  -I"$work" -I"$support" "$here/main.c" "$work/front.c" "$support/cortex-m.c" -nostartfiles -specs=nosys.specs \
  -Wl,--defsym=board_flash=0x0,--defsym=board_ram=0x20000000 -T "$support/bare-metal.ld" -Wl,--gc-sections -o "$work/firmware" -lgcc
qemu-system-arm -M mps2-an386 -nographic -semihosting-config enable=on,target=native -kernel "$work/firmware" \
  </dev/null >"$work/board" 2>&1
npx tsx "$here/same.ts" >"$work/node"
cat "$work/board"
cmp "$work/board" "$work/node" && echo "the board and Node print the same" >&2
