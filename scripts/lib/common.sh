# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC3043
# What the shell scripts share. A script begins with
#
#   top=${0%"${0##*/}"}..
#   . "$top/scripts/lib/common.sh"
#
# and has $top as a full path and $me as its own name after that. A mistake gets one line
# that says what is wrong and what to do next: status 2 for wrong usage, 1 for the rest.

top=$(cd "$top" && pwd) || exit 1
: "${me:=scripts/${0##*/}}"

die() { echo "$me: $*" >&2; exit 1; }
misuse() {
	local see
	case $me in */*) see=" (see $me --help)" ;; *) see=" (see make help)" ;; esac
	case $* in *')') see= ;; esac
	echo "$me: $*$see" >&2
	exit 2
}

# print_help: the comment at the beginning of the script, without its first two lines
print_help() {
	local line
	while IFS= read -r line; do
		case $line in
		'#!'* | '# SPDX'*) continue ;;
		'#'*) line=${line#\#}; printf '%s\n' "${line# }" ;;
		*) break ;;
		esac
	done < "$0"
}

# need TOOL...: they are there, or a line with the command that installs them
need() {
	local tool
	for tool; do
		command -v "$tool" > /dev/null || PATH=$PATH:/usr/sbin:/sbin command -v "$tool" > /dev/null ||
			die "needs $tool, run:  $("$top/scripts/deps" --for "$tool")"
	done
}

# number NAME VALUE LEAST: VALUE, if any, is a whole number
number() {
	case $2 in
	'') ;;
	# not one that the shell takes for octal, or cannot hold
	*[!0-9]* | 0?* | ??????????*) misuse "$1=$2: want a whole number" ;;
	*) [ "$2" -ge "$3" ] || misuse "$1=$2: want at least $3" ;;
	esac
}

# writable WHERE HINT: the folder is there, and what it has at the top can be written
writable() {
	local first
	mkdir -p "$1" 2> /dev/null || { [ -d "$1" ] && [ -w "$1" ]; } || die "cannot make the folder $1; $2"
	if [ ! -w "$1" ] || [ ! -x "$1" ]; then die "cannot write to $1; $2"; fi
	first=$(find "$1" -maxdepth 1 ! -type l ! -writable -print -quit 2> /dev/null)
	[ -z "$first" ] || die "cannot write to $first; $2"
}

# room FOLDER MEGABYTES HINT: so much is free there
room() {
	local free
	free=$(df -Pk "$1" | while read -r _ _ _ kib _; do echo "$kib"; done)
	free=$((${free##*[!0-9]} / 1024))
	[ "$free" -ge "$2" ] || die "$1 has $free MB left, this takes $2; $3"
}

[ -n "${HOME:-}" ] || HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
CACHE=${HVGUEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hvguest}

# plain FOLDER HINT: where make, and so every kernel's build, takes a blank or a colon for the end of a path
plain() { case $1 in *[[:space:]:]*) die "$1: make cannot build in a folder with a blank or a colon in its name; $2" ;; esac; }

# use_cache [MEGABYTES]: what is fetched and kept for long goes to $CACHE
use_cache() {
	plain "$CACHE" "set HVGUEST_CACHE to another"
	writable "$CACHE" "set HVGUEST_CACHE to a folder that you can write"
	room "$CACHE" "${1:-1}" "make room, or set HVGUEST_CACHE to a folder with more"
}

# use_build [MEGABYTES [FOLDER]]: what is built goes to build/; the compiler wants some room of its own
use_build() {
	plain "$top" "move the project to another"
	writable "$top/build" "take it away, or make it yours: sudo chown -R $(id -un) $top/build"
	[ -z "${2:-}" ] || writable "$2" "take it away, or make it yours: sudo chown -R $(id -un) $top/build"
	room "$top/build" "${1:-1}" "make room ('make clean' frees what was built)"
	[ -d "${TMPDIR:-/tmp}" ] && [ -w "${TMPDIR:-/tmp}" ] ||
		die "no folder ${TMPDIR:-/tmp} that can be written; set TMPDIR to one"
	room "${TMPDIR:-/tmp}" 20 "make room, or set TMPDIR to a folder with more"
}

# lock FD FILE: wait for others who do the same, and say so
lock() {
	need flock
	flock -n "$1" || progress "$me: waiting until another one is done ($2)" -- flock "$1"
}

# cause LOG: the line that says why a command failed
cause() {
	local line
	line=$(grep -m1 -iE '(^|[^a-z_-])(fatal error|error|cannot|no space|denied|e:)([^a-z_-]|$)' "$1") || line=$(tail -n 1 "$1")
	echo "${line#"$top/"}"
}

# progress WHAT [OPTION...] -- COMMAND...: with a line now and then about how far it is; see progress.py
# for the options. With --log FILE the command's output goes there.
progress() {
	local what=$1 log='' status ticker
	shift
	# a new machine has none before scripts/deps has been at work
	{ ! command -v python3 || exec python3 -B "$top/scripts/lib/progress.py" "$what" --caller $$ "$@"; } > /dev/null < /dev/null &
	ticker=$!
	while [ "$1" != -- ]; do
		[ "$1" != --log ] || log=$2
		shift
	done
	shift
	if [ -n "$log" ]; then "$@" > "$log" 2>&1; else "$@"; fi && status=0 || status=$?
	# it may have ended by itself, or be too young to end well
	kill "$ticker" 2> /dev/null || true
	wait "$ticker" 2> /dev/null || true
	return $status
}
