//go:build unix

package discover

import (
	"errors"
	"syscall"
)

// alreadyJoined says whether err is what the system says to a socket that is in the group.
func alreadyJoined(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }
