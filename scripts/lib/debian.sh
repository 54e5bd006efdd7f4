# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Where Debian's packages come from: the mirrors of this machine's own apt sources.

# mirror PATTERN DEFAULT: the machine's repository of a suite that matches
mirror() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
		awk -v want="$1" -v other="$2" '
			$3 == "main" && $2 ~ want && $1 ~ /\/debian(-security)?\/$/ { print $1; found = 1; exit }
			END { if (!found) print other }'
}

# debian_mirror, security_mirror: of the suites of a release, and of their security updates
debian_mirror() { mirror '^[a-z]+$' http://deb.debian.org/debian/; }
security_mirror() { mirror 'security' http://deb.debian.org/debian-security/; }
