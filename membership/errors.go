package membership

import "errors"

// Errors of commands, compared with errors.Is. The texts of those that clients of a reference agent know are theirs.
var (
	// ErrJoinState: a member that leaves or has left cannot join.
	ErrJoinState = errors.New("Serf can't Join after Leave or Shutdown")
	// ErrLeaving: a Leave is under way.
	ErrLeaving = errors.New("Leave already in progress")
	// ErrShutdown: Shutdown was called.
	ErrShutdown = errors.New("Leave called after Shutdown")
	// ErrStopped: a command came, or was under way, when the machine was shut down.
	ErrStopped = errors.New("membership: shut down")
	// ErrForceLeaveTimeout: a force-leave was applied here, but not gossiped in time.
	ErrForceLeaveTimeout = errors.New("timed out broadcasting node removal")
	// ErrUpdateTimeout: new tags are in force, but were not gossiped in time.
	ErrUpdateTimeout = errors.New("timeout waiting for update broadcast")
	// ErrTagsTooLong: encoded tags exceed TagsBytesMax.
	ErrTagsTooLong = errors.New("Encoded length of tags exceeds limit of 512 bytes")
	// ErrJoinFailed: none of the addresses of a Join answered; Done.Failures says why.
	ErrJoinFailed = errors.New("membership: no address answered")
	// ErrBusy: CommandsMax commands are under way; nothing was done.
	ErrBusy = errors.New("membership: too many commands under way")
	// ErrQueryVersion: the configured protocol version has no queries.
	ErrQueryVersion = errors.New("feature not supported")
	// ErrDropped: the broadcast of a command was dropped from a full queue.
	ErrDropped = errors.New("membership: broadcast dropped from a full queue")
)

// Errors in the Notice of an ignored message.
var (
	// ErrMessageEmpty: a user message without a byte.
	ErrMessageEmpty = errors.New("empty message")
	// ErrMessageType: a message of a type that is unknown or that does not come this way.
	ErrMessageType = errors.New("unexpected message type")
	// ErrElements: a message holds more list elements than any cluster needs.
	ErrElements = errors.New("too many elements")
	// ErrLTime: a Lamport time too far ahead to be true.
	ErrLTime = errors.New("lamport time too far ahead")
	// ErrIntentsFull: no room for the intent of an unknown member.
	ErrIntentsFull = errors.New("too many intents of unknown members")
	// ErrMembersFull: no room for another member.
	ErrMembersFull = errors.New("too many members")
	// ErrHeldFull: no room to hold back more events and queries until the first push/pull.
	ErrHeldFull = errors.New("too many messages before the first push/pull")
	// ErrQueueDeep: more broadcasts are queued than Config.QueueDepthWarning.
	ErrQueueDeep = errors.New("broadcast queue is deep")
)
