package rpc

import "errors"

// Texts of refusals. Clients of the reference match on them.
const (
	textHandshakeRequired    = "Handshake required"
	textUnsupportedVersion   = "Unsupported IPC version"
	textDuplicateHandshake   = "Handshake already performed"
	textAuthRequired         = "Authentication required"
	textInvalidAuthToken     = "Invalid authentication token"
	textUnsupportedCommand   = "Unsupported command"
	textRegexFailed          = "Failed to compile regex: "
	versionMin, versionMax   = 1, 1
	requestHeaderFieldsCount = 2
)

// ErrClosed ends the calls of a client whose connection is lost or whose peer speaks another protocol.
var ErrClosed = errors.New("client closed")

// RemoteError is a refusal by the agent.
type RemoteError struct {
	// Text is what the agent said.
	Text string
}

func (e *RemoteError) Error() string { return e.Text }
