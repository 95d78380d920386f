package objects

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"
)

func newID() string { return uuid.NewString() }

func dataKey(pieceID string, number uint32) []byte {
	return binary.BigEndian.AppendUint32(append([]byte{dataRecord}, pieceID...), number)
}

// reader reads an object's bytes, from any place on.
type reader struct {
	buckets *Buckets
	object  *Object
	at      int64
	chunk   []byte // what is left of the chunk that was read last
}

func (b *Buckets) reader(object *Object) *reader { return &reader{buckets: b, object: object} }

func (r *reader) Read(into []byte) (int, error) {
	if r.at >= r.object.Size {
		return 0, io.EOF
	}
	if len(r.chunk) == 0 {
		if err := r.load(); err != nil {
			return 0, err
		}
	}
	n := copy(into, r.chunk)
	r.chunk = r.chunk[n:]
	r.at += int64(n)
	return n, nil
}

// load reads the rest of the chunk that the next byte lies in.
func (r *reader) load() error {
	offset := r.at
	for _, p := range r.object.Pieces {
		if offset >= p.Size {
			offset -= p.Size
			continue
		}
		value, found, err := r.buckets.space.Get(dataKey(p.ID, uint32(offset/chunkSize)))
		if err != nil {
			return err
		}
		if !found || int64(len(value)) <= offset%chunkSize {
			return fmt.Errorf("the object %s was deleted while it was read", r.object.Key)
		}
		r.chunk = value[offset%chunkSize:]
		return nil
	}
	return io.ErrUnexpectedEOF
}

func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.object.Size
	}
	if offset < 0 {
		return 0, errors.New("a place before the beginning")
	}
	r.at, r.chunk = offset, nil
	return offset, nil
}
