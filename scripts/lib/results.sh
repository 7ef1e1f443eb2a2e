# shellcheck shell=bash
# Sums of test results: PASSED, FAILED, SKIPPED.

PASSED=0 FAILED=0 SKIPPED=0

# attribute FILE ELEMENT NAME: the number in the first ELEMENT's attribute NAME, nothing if it is not there.
attribute() {
    [ -s "$1" ] || return 0
    tr '\n\t' '  ' <"$1" | grep -o "<$2 [^>]*" | sed -n "1s/.* $3=\"\([0-9]*\)\".*/\1/p"
}

# add_trx FILE STATUS: false, and one failure more, if the runner failed without naming a failed test.
add_trx() {
    local passed failed total
    passed=$(attribute "$1" Counters passed)
    failed=$(attribute "$1" Counters failed)
    total=$(attribute "$1" Counters total)
    add "${passed:-0}" "${failed:-0}" "${total:-0}" "$2"
}

# add_junit FILE STATUS
add_junit() {
    local failed total skipped
    total=$(attribute "$1" testsuite tests)
    failed=$(attribute "$1" testsuite failures)
    skipped=$(attribute "$1" testsuite skipped)
    add "$((${total:-0} - ${failed:-0} - ${skipped:-0}))" "${failed:-0}" "${total:-0}" "$2"
}

add() {
    PASSED=$((PASSED + $1))
    FAILED=$((FAILED + $2))
    SKIPPED=$((SKIPPED + $3 - $1 - $2))
    [ "$4" -eq 0 ] || [ "$2" -gt 0 ] || {
        FAILED=$((FAILED + 1))
        return 1
    }
}

# print_slow DIRECTORY SECONDS: the tests that took longer, slowest first.
print_slow() {
    # shellcheck disable=SC2312 # no result file means nothing slow
    grep -ho '<UnitTestResult [^>]*' "$1"/*.trx 2>/dev/null |
        sed -n 's/.* testName="\([^"]*\)".* duration="\([0-9]*\):\([0-9]*\):\([0-9.]*\)".*/\2 \3 \4 \1/p' |
        awk -v limit="$2" '{t = $1 * 3600 + $2 * 60 + $3; if (t >= limit) {$1 = $2 = $3 = ""; printf "%7.1f s%s\n", t, $0}}' |
        sort -rn | sed -n 1,20p # not head: it would end the pipe early, which counts as a failure
}
