#!/usr/bin/env bash
# Sets up what the tests need, runs them, and says what was not run.
#
#   tests/run.sh            all tests; at most 20 minutes on two cores with a warm build
#   tests/run.sh --quick    unit tests and those that start no program; under 5 minutes
#   tests/run.sh --long     all tests, then the benchmarks, whose figures are printed
#
# As root on Debian it installs the packages below that are missing, and says so; elsewhere it runs what it can.
# It reaches no network but the package managers'. Exit code: 0 if everything that was run passed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# One line a need: the command or file that shows it is there, the package that brings it, what it is for.
NEEDS=(
    "cc build-essential to build SQLite"
    "python3 python3 to compute golden files and recorded exchanges apart from the Rust code"
    "openssl openssl for the algorithms that Python's library lacks"
    "/usr/lib/postgresql/*/bin/initdb postgresql for a throw-away PostgreSQL on loopback"
    "mariadbd mariadb-server for a throw-away MariaDB on loopback"
    "/usr/include/sql.h unixodbc-dev to build with the feature odbc"
    "/usr/lib/*/odbc/psqlodbcw.so odbc-postgresql for an ODBC driver that talks to a server"
    "/usr/lib/*/odbc/libsqlite3odbc.so libsqliteodbc for an ODBC driver that reads a file"
    "node nodejs to have Prism read the OpenAPI document"
    "npm npm to install Prism as its lock file says"
)
# A Python module and its package; only the signature of the golden checkpoint needs it.
MODULE=cryptography
MODULE_PACKAGE=python3-cryptography

mode=all
case "${1:-}" in
    "") ;;
    --quick) mode=quick ;;
    --long) mode=long ;;
    *)
        sed -n '2,9s/^# \{0,1\}//p' "$0"
        exit 2
        ;;
esac

passed=()
failed=()
not_run=()

say() { printf '\n== %s\n' "$*"; }

# Runs a command under a name and goes on, so that one failure does not hide another.
check() {
    local name=$1
    shift
    say "$name"
    if "$@"; then passed+=("$name"); else failed+=("$name"); fi
}

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

updated=no
install() {
    local package=$1 what_for=$2
    can_install || return 1
    echo "installing the Debian package $package: $what_for"
    if [ "$updated" = no ]; then
        apt-get update -qq || return 1
        updated=yes
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null
}

is_there() { command -v "$1" >/dev/null || compgen -G "$1" >/dev/null; }

has_module() { command -v python3 >/dev/null && python3 -c "import $MODULE" 2>/dev/null; }

say "what the tests need"
for need in "${NEEDS[@]}"; do
    read -r tool package what_for <<<"$need"
    if is_there "$tool"; then
        echo "${tool##*/} is there"
    else
        install "$package" "$what_for" || echo "$tool is not there and could not be installed (package $package)"
    fi
done
has_module || install "$MODULE_PACKAGE" "for the golden signature of the audit log" || true

if ! command -v cargo >/dev/null || ! command -v cc >/dev/null; then
    echo "cannot go on: cargo (https://rustup.rs) and a C compiler must be there" >&2
    exit 1
fi

# Prism, pinned with all that it needs; without it, one test says that it was skipped.
if [ "$mode" != quick ] && command -v node >/dev/null && command -v npm >/dev/null; then
    check "Prism as its lock file says" npm ci --prefix tests/prism --no-audit --no-fund --ignore-scripts
else
    not_run+=("Prism on the OpenAPI document: node and npm are missing (Debian: nodejs, npm), or --quick")
fi

if [ "$mode" = quick ]; then
    check "unit tests and the plan of the house" cargo test --locked --lib --test architecture
    not_run+=("whole walks, servers, sockets and the commands of the READMEs: run without --quick")
else
    # Campaigns make ten times the rounds and print their figures.
    [ "$mode" = long ] && export QILU_LONG=1
    check "all tests" cargo test --locked
    # Nothing may hang on the zone of the machine: neither where no summer time is nor where it is.
    for zone in UTC America/New_York; do
        check "types, engines and times with TZ=$zone" env TZ="$zone" cargo test --locked --lib --test engines
    done
    if is_there /usr/include/sql.h; then
        check "ODBC" cargo test --locked --features odbc --test engines odbc
    else
        not_run+=("ODBC: unixODBC is missing (Debian: unixodbc-dev, odbc-postgresql, libsqliteodbc)")
    fi
fi

# The second opinion: another language, written from the description of the log alone.
if has_module; then
    check "golden files of the audit log, computed by Python" python3 tests/golden/audit/make.py --check
else
    not_run+=("golden files computed by Python: the module $MODULE is missing (Debian: $MODULE_PACKAGE)")
fi

if is_there python3 && is_there openssl; then
    recompute() {
        local make
        for make in tests/profiles/*/make.py; do python3 "$make" --check || return 1; done
    }
    check "recorded exchanges of the profiles, computed by Python and openssl" recompute
else
    not_run+=("recorded exchanges of the profiles, computed by Python and openssl: python3 or openssl is missing")
fi

if command -v cargo-deny >/dev/null; then
    # Advisories need a database from the network; the rest does not.
    check "licences, bans and sources of dependencies" cargo deny --offline check bans licenses sources
    not_run+=("advisories of dependencies: needs the network; cargo deny check advisories")
else
    not_run+=("licences, bans, sources and advisories of dependencies: cargo-deny is missing (cargo install cargo-deny)")
fi

if [ "$mode" = long ]; then
    check "benchmark of the main job" cargo bench --locked --bench push -- --listings 10000,100000,1000000
    check "benchmark of reading" cargo bench --locked --bench read
else
    not_run+=("benchmarks: run with --long")
fi

say "not run"
printf '%s\n' "${not_run[@]}"
if [ "${#failed[@]}" -gt 0 ]; then
    say "failed"
    printf '%s\n' "${failed[@]}"
fi
printf '\n%d passed, %d failed, %d not run, in %d min %d s\n' \
    "${#passed[@]}" "${#failed[@]}" "${#not_run[@]}" $((SECONDS / 60)) $((SECONDS % 60))
[ "${#failed[@]}" = 0 ]
