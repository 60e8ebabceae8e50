# Functions that find, and where they may install, what the programs here need from the system. Sourced by bash.

fail() {
    echo "error: $*" >&2
    exit 1
}

require_dotnet() {
    command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing: see https://dotnet.microsoft.com/download/dotnet/10.0"
    dotnet --version >/dev/null 2>&1 || fail "no .NET 10 SDK among those installed: see https://dotnet.microsoft.com/download/dotnet/10.0"
}

postgres_programs() { command -v initdb || ls /usr/lib/postgresql/*/bin/initdb; }

chromium_program() { command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome; }

# require_package NAME PACKAGE CHECK: runs CHECK; when it fails installs PACKAGE with apt-get as root or through sudo.
require_package() {
    local name=$1 package=$2 check=$3 sudo=()
    "$check" >/dev/null 2>&1 && return
    command -v apt-get >/dev/null || fail "$name not found: install your system's package of it (Debian's is '$package') and try again"
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || fail "$name not found: run 'sudo apt-get install $package' and try again"
        sudo=(sudo)
    fi
    echo "Installing $name (apt-get install $package) ..."
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null ||
        fail "apt-get could not install '$package': install it by hand and try again"
    "$check" >/dev/null 2>&1 || fail "'$package' is installed, and $name is still not found"
}
