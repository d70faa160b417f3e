package rpc

import (
	"errors"
	"fmt"
)

// Texts of refusals. Clients of the reference match on them.
const (
	textHandshakeRequired  = "Handshake required"
	textUnsupportedVersion = "Unsupported IPC version"
	textHandshakeAgain     = "Handshake already performed"
	textAuthRequired       = "Authentication required"
	textAuthInvalid        = "Invalid authentication token"
	textUnsupportedCommand = "Unsupported command"
	textRegexFailed        = "Failed to compile regex: "
	textFilterInvalid      = "Invalid event filter"
	textStreamExists       = "Stream with given sequence exists"
	textMonitorExists      = "Monitor already exists"
	textUnknownLevel       = "Unknown log level: "
	textUnknownQuery       = "No pending queries matching ID"
	textRespondFailed      = "failed to respond to key query: "
	textQueryReserved      = "Queries cannot contain the '_serf_' prefix"
	textTooManyStreams     = "Too many streams on this connection: the limit is %d"
	textTLSRequired        = "This agent speaks TLS only"
	textTooManyQueries     = "Too many queries on this connection: the limit is %d"
)

// endsRequest says whether text, the error of a reply, means that no body follows, whatever the command.
func endsRequest(text string) bool {
	return text == textHandshakeRequired || text == textAuthRequired || text == textUnsupportedCommand
}

var (
	// ErrClosed ends the calls of a client whose connection is lost or whose peer speaks another protocol.
	ErrClosed = errors.New("client closed")
	// ErrTooLarge says that a request or reply has more bytes than its reader takes.
	ErrTooLarge = errors.New("too large")

	// errHangUp ends a connection whose request was refused; the reply is sent.
	errHangUp = errors.New("hang up")
)

// RemoteError is a refusal by the agent.
type RemoteError struct {
	// Text is what the agent said.
	Text string
}

func (e *RemoteError) Error() string { return e.Text }

// DecodeError says which value of a peer could not be understood.
type DecodeError struct {
	// Message is "request header", "reply header" or the command whose body it is.
	Message string
	// Field is empty when the value is no map at all.
	Field string
	// Offset is where in the value the decoder stopped.
	Offset int
	// Err is an error of package msgpack.
	Err error
}

func (e *DecodeError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("rpc: %s: %v at byte %d", e.Message, e.Err, e.Offset)
	}
	return fmt.Sprintf("rpc: %s: %s: %v at byte %d", e.Message, e.Field, e.Err, e.Offset)
}

func (e *DecodeError) Unwrap() error { return e.Err }
