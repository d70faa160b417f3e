package eventbus

import "serf/swim/msgpack"

// listMax is how many elements a list in a message may have: more than fit into a packet that was sent in earnest, and
// few enough that a hostile message cannot make much of little.
const listMax = 4096

// decoder takes one message apart.
type decoder struct{ msgpack.Message[MessageType] }

// open starts to decode the message b, type byte first, of the given kind.
func open(b []byte, kind MessageType, names []string) decoder {
	return decoder{msgpack.OpenMessage(b, kind, names)}
}

// list takes the header of a list and returns its length; a map of n pairs counts as 2n elements, and nil gives -1.
func (d *decoder) list() int {
	if d.R.IsNil() {
		return -1
	}
	n, isMap, err := d.R.Container()
	if isMap {
		n = min(n, listMax) * 2
	}
	switch {
	case err != nil:
		d.Fail(err)
	case n > len(d.R.Rest()): // each needs a byte at least
		d.Fail(ErrShort)
	case n > listMax:
		d.Fail(ErrElements)
	}
	return n
}

// byteStrings takes a list of byte strings; nil gives nil.
func (d *decoder) byteStrings() [][]byte {
	n := d.list()
	if n < 0 || d.Fault() != nil {
		return nil
	}
	list := make([][]byte, 0, n)
	for range n {
		if list = append(list, d.Bytes()); d.Fault() != nil {
			return nil
		}
	}
	return list
}

// texts takes a list of strings; nil gives nil.
func (d *decoder) texts() []string {
	n := d.list()
	if n < 0 || d.Fault() != nil {
		return nil
	}
	list := make([]string, 0, n)
	for range n {
		if list = append(list, d.Text()); d.Fault() != nil {
			return nil
		}
	}
	return list
}
