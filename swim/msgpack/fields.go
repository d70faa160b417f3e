package msgpack

import "math"

// Fields walks the fields of one structure: a map in any order, or an array in declaration order. The caller switches on
// Field while More returns true, takes exactly one value each time, and asks Fault at the end.
//
//	f.Begin(names)
//	for f.More() {
//		switch f.Field {
//		case 0:
//			m.Sequence = f.Uint32()
//
// A field that occurs twice is simply assigned twice, so that the last one wins; unknown keys and elements beyond the last
// name are skipped. After a failure the getters return zero values and More returns false.
type Fields struct {
	// R is what is read from. Getters that are missing here read from it and report to Fail.
	R Reader
	// Field is the index, in the names given to Begin, of the value that is next; -1 when there is none.
	Field int

	names []string
	left  int // pairs or elements that are still to come
	isMap bool
	fault error
}

// NewFields returns a walker over b. It keeps b. Begin comes next.
func NewFields(b []byte) Fields { return Fields{R: NewReader(b), Field: -1} }

// Begin takes the header of the next structure, whose fields have these names in declaration order.
func (f *Fields) Begin(names []string) {
	if f.fault != nil {
		return
	}
	f.names, f.Field = names, -1
	f.left, f.isMap, f.fault = f.R.Container()
}

// Inner walks a structure inside the current field: read takes exactly one value for the field with that index.
func (f *Fields) Inner(names []string, read func(field int)) {
	outer := *f
	f.Begin(names)
	for f.More() {
		read(f.Field)
	}
	if f.fault == nil {
		f.names, f.Field, f.left, f.isMap = outer.names, outer.Field, outer.left, outer.isMap
	}
}

// More goes to the next known field and returns false when there is none or something failed.
func (f *Fields) More() bool {
	for f.fault == nil && f.left > 0 {
		f.left--
		if !f.isMap {
			f.Field++
		} else if !f.key() {
			return false
		}
		if f.Field >= 0 && f.Field < len(f.names) {
			return true
		}
		f.fault = f.R.Skip()
	}
	return false
}

// key takes a key and makes Field its index, -1 when it is unknown. It returns false when it failed.
func (f *Fields) key() bool {
	f.Field = -1
	key, err := f.R.Bytes()
	if err != nil {
		f.fault = err
		return false
	}
	for i, name := range f.names {
		if name == string(key) {
			f.Field = i
			break
		}
	}
	return true
}

// Fail ends the walk with err, unless it failed before; nil changes nothing.
func (f *Fields) Fail(err error) {
	if f.fault == nil {
		f.fault = err
	}
}

// FailIn is Fail with the field to blame; -1 for none.
func (f *Fields) FailIn(field int, err error) {
	if f.fault == nil {
		f.Field, f.fault = field, err
	}
}

// Fault returns what the walk failed with, or nil.
func (f *Fields) Fault() error { return f.fault }

// Name returns the name of the current field, empty when there is none.
func (f *Fields) Name() string {
	if f.Field < 0 || f.Field >= len(f.names) {
		return ""
	}
	return f.names[f.Field]
}

// Uint takes an unsigned integer up to max.
func (f *Fields) Uint(max uint64) uint64 {
	u, err := f.R.Uint(max)
	f.Fail(err)
	return u
}

// Uint64, Uint32, Uint16 and Uint8 take an unsigned integer of that width.
func (f *Fields) Uint64() uint64 { return f.Uint(math.MaxUint64) }
func (f *Fields) Uint32() uint32 { return uint32(f.Uint(math.MaxUint32)) }
func (f *Fields) Uint16() uint16 { return uint16(f.Uint(math.MaxUint16)) }
func (f *Fields) Uint8() uint8   { return uint8(f.Uint(math.MaxUint8)) }

// Int takes a signed integer.
func (f *Fields) Int() int64 {
	i, err := f.R.Int()
	f.Fail(err)
	return i
}

// Bool takes a boolean.
func (f *Fields) Bool() bool {
	v, err := f.R.Bool()
	f.Fail(err)
	return v
}

// Bytes takes a byte string; it is part of the input unless it came as an array.
func (f *Fields) Bytes() []byte {
	b, err := f.R.Bytes()
	f.Fail(err)
	return b
}

// Text takes a string.
func (f *Fields) Text() string { return string(f.Bytes()) }
