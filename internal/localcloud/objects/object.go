package objects

import (
	"crypto/md5" //nolint:gosec // S3's ETag is an MD5
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// Object is what is known of an object beside its bytes.
type Object struct {
	Bucket   string `json:"-"`
	Key      string `json:"-"`
	Size     int64
	ETag     string // without the quotes that HTTP puts around it
	Modified time.Time
	Headers  map[string]string // which its answers have as they were given, such as Content-Type and X-Amz-Meta-Name
	Pieces   []piece
}

// piece is a part of an object's bytes.
type piece struct {
	ID   string
	Size int64
	MD5  string // in hexadecimal digits
}

const (
	chunkSize  = 1 << 20
	longestKey = 1024
)

// Put saves an object in place of the one that is there. It has no effect if reading its bytes fails.
func (b *Buckets) Put(bucket, key string, headers map[string]string, body io.Reader) (Object, error) {
	if err := checkKey(key); err != nil {
		return Object{}, err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	if err := b.mustHave(bucket); err != nil {
		return Object{}, err
	}
	saved, err := b.savePiece(body)
	if err != nil {
		return Object{}, err
	}
	object := Object{Bucket: bucket, Key: key, Size: saved.Size, ETag: saved.MD5, Headers: headers, Pieces: []piece{saved}}
	return object, b.replace(&object, b.space.Batch())
}

func checkKey(key string) error {
	if key == "" || len(key) > longestKey {
		return awsapi.Errorf("KeyTooLongError", "Your key is too long")
	}
	return nil
}

// replace puts an object whose pieces are saved in place of the one that is there, with other changes.
func (b *Buckets) replace(object *Object, batch *store.Batch) error {
	before, err := b.find(object.Bucket, object.Key)
	if err != nil {
		return err
	}
	if before != nil {
		forgetPieces(batch, before.Pieces)
	}
	object.Modified = b.now().UTC().Truncate(time.Second)
	encoded, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("encode an object: %w", err)
	}
	batch.Set(objectKey(object.Bucket, object.Key), encoded)
	return batch.Apply()
}

// find is the record of an object; nil if it is not there.
func (b *Buckets) find(bucket, key string) (*Object, error) {
	encoded, found, err := b.space.Get(objectKey(bucket, key))
	if err != nil || !found {
		return nil, err
	}
	return decodeObject(bucket, key, encoded)
}

func decodeObject(bucket, key string, encoded []byte) (*Object, error) {
	object := &Object{Bucket: bucket, Key: key}
	if err := json.Unmarshal(encoded, object); err != nil {
		return nil, fmt.Errorf("decode an object of the bucket %s: %w", bucket, err)
	}
	return object, nil
}

// Get finds an object.
func (b *Buckets) Get(bucket, key string) (Object, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if err := b.mustHave(bucket); err != nil {
		return Object{}, err
	}
	object, err := b.find(bucket, key)
	if err != nil {
		return Object{}, err
	}
	if object == nil {
		return Object{}, &awsapi.Error{
			Status: http.StatusNotFound, Code: "NoSuchKey", Message: "The specified key does not exist.",
			Fields: map[string]any{"Key": key},
		}
	}
	return *object, nil
}

// Bytes are all bytes of an object, of which there may be as many as limit.
func (b *Buckets) Bytes(bucket, key string, limit int64) ([]byte, error) {
	object, err := b.Get(bucket, key)
	if err != nil {
		return nil, err
	}
	if object.Size > limit {
		return nil, awsapi.Errorf("EntityTooLarge", "s3://%s/%s has %d bytes, more than %d", bucket, key, object.Size, limit)
	}
	return io.ReadAll(b.reader(&object))
}

// Remove deletes an object; it is no error if it is not there.
func (b *Buckets) Remove(bucket, key string) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if err := b.mustHave(bucket); err != nil {
		return err
	}
	object, err := b.find(bucket, key)
	if err != nil || object == nil {
		return err
	}
	batch := b.space.Batch()
	batch.Delete(objectKey(bucket, key))
	forgetPieces(batch, object.Pieces)
	return batch.Apply()
}

// savePiece saves bytes.
func (b *Buckets) savePiece(body io.Reader) (piece, error) {
	saved := piece{ID: newID()}
	sum := md5.New() //nolint:gosec // S3's ETag is an MD5
	buffer := make([]byte, chunkSize)
	for number := uint32(0); ; number++ {
		n, err := io.ReadFull(body, buffer)
		ended := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !ended {
			b.dropPieces([]piece{saved})
			return piece{}, err
		}
		if n > 0 {
			sum.Write(buffer[:n])
			saved.Size += int64(n)
			batch := b.space.Batch()
			batch.Set(dataKey(saved.ID, number), buffer[:n])
			if err := batch.Apply(); err != nil {
				return piece{}, err
			}
		}
		if ended {
			saved.MD5 = hex.EncodeToString(sum.Sum(nil))
			return saved, nil
		}
	}
}

func forgetPieces(batch *store.Batch, pieces []piece) {
	for _, p := range pieces {
		batch.DeleteRange(dataKey(p.ID, 0), dataKey(p.ID, ^uint32(0)))
	}
}

// dropPieces deletes the bytes of what has failed, as far as that goes: what is left takes room, and nothing more.
func (b *Buckets) dropPieces(pieces []piece) {
	batch := b.space.Batch()
	forgetPieces(batch, pieces)
	_ = batch.Apply()
}
