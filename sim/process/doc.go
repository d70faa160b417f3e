// Package process runs programs under test: it starts them, keeps what they print, waits for what they do, and sees to it that none
// stays behind.
//
// Begin with Start and an Output; Poll waits for what nobody announces.
//
// # Concurrency
//
// All of it is safe for concurrent use.
package process
