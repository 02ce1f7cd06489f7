#!/usr/bin/env bash
# The formatting, and the rules that the compiler does not enforce.
set -euo pipefail
. "$(dirname "$0")/common.sh"
failed=0

step "swift format lint"
swift format lint --strict --parallel --recursive Package.swift Sources Tests Fuzz Benchmarks workers || failed=1

# JSONata's numeric functions are exempt: powers and roots are in the C library.
step "The core imports nothing that knows a clock, a file or a thread"
core=(JSONValue RegularExpression JSONPath Intrinsics JSONata StatesLanguage Interpreter StateTesting
    TaskProtocol)
for module in "${core[@]}"; do
    [ -d "Sources/$module" ] || continue
    if grep -nE \
        '^[[:space:]]*((@[A-Za-z_]+(\([^)]*\))?|public|package|internal|private|fileprivate)[[:space:]]+)*import[[:space:]]+((struct|class|enum|protocol|func|var|let|typealias)[[:space:]]+)?(Foundation|FoundationEssentials|Dispatch|Glibc|Musl|Darwin|Synchronization|Logging|NIO[A-Za-z]*|GRDB|Hummingbird)\b' \
        -r "Sources/$module" --exclude=NumericFunctions.swift; then
        failed=1
    fi
done

step "No function is kept behind a lock as such"
# Every withLock would wrap it once more, until calling it overflows the stack: put it into a struct.
if grep -nE 'Mutex<.*->|Mutex<[A-Za-z.]*(Handler|Receive|Completion|Reply)\??>' -r Sources workers --include='*.swift'; then
    failed=1
fi

step "Upcoming features are spelt as the compiler spells them"
# A name it does not know is ignored without a word.
if known=$(swiftc -print-supported-features 2>/dev/null); then
    for feature in $(sed -n 's/.*enableUpcomingFeature("\([A-Za-z]*\)").*/\1/p' Package.swift); do
        if ! grep -q "\"$feature\"" <<<"$known"; then
            printf 'Package.swift: the compiler knows no feature %s\n' "$feature"
            failed=1
        fi
    done
fi

[ $failed = 0 ] || die "there are findings above; 'make format' mends the formatting"
good "nothing to complain about"
