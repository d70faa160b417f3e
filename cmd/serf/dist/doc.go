// Package dist holds what is installed beside the program: the systemd unit, configuration, and what makes a Debian package of
// it all. It has no code but the test of the package, which "make check-deb" runs as root.
package dist
