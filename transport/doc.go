// Package transport moves the bytes of members over UDP and TCP.
package transport
