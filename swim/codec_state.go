package swim

// StateMembersMax is how many members a push/pull may declare: reference peers refuse more.
const StateMembersMax = 1 << 20

// AppendState appends s with its type byte.
func AppendState(dst []byte, s *State) []byte { panic("not built yet") }

// DecodeState decodes the push/pull b, type byte first. It fails with a *DecodeError.
func DecodeState(b []byte) (*State, error) { panic("not built yet") }
